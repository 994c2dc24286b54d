#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat

/// Lets those make an account who may. SPEC.md section 13.11.
struct RegistrationGate: Sendable {
  private enum Rule: Sendable {
    case open, closed
    case token(RegistrationTokens)
  }

  private let rule: Rule

  init(_ registration: Registration) {
    rule =
      switch registration {
      case .open: .open
      case .closed: .closed
      case .token(let file): .token(RegistrationTokens(path: file))
      }
  }

  /// Refuses a request for an account that may not have one, by its head.
  func check(_ head: RelayHTTPRequest) throws(HTTPProblem) {
    switch rule {
    case .open: return
    case .closed: throw .registrationClosed
    case .token(let tokens):
      // No token, and one that is no Byte Sequence, are looked for as any other.
      let value = head.fields[RegistrationToken.fieldName]
      let token = value.flatMap { try? StructuredFieldParser.bytes($0) } ?? []
      guard tokens.lists(token), !token.isEmpty else { throw .registrationTokenRefused }
    }
  }
}
#endif
