internal import CryptoCore

/// What `authenticated_data` may be in an epoch. draft-ietf-mls-extensions, section "Safe Additional Authenticated Data
/// (AAD)".
enum AuthenticatedDataFormat: Hashable, Sendable {
  /// Whatever the application likes.
  case any
  /// A `SafeAAD`: the GroupContext has a `safe_aad` component.
  case safe

  /// What is sent for no authenticated data.
  func filled(_ data: [UInt8]) -> [UInt8] { self == .safe && data.isEmpty ? SafeAAD.none : data }

  /// Whether bytes are such data.
  func accepts(_ data: RawSpan) -> Bool { self == .any || SafeAAD.isEncoding(data) }

  /// - Throws: `MessageProtectionError.authenticatedDataNotSafe`.
  func check(_ data: [UInt8]) throws(MessageProtectionError) {
    guard data.withRawSpan({ accepts($0) }) else { throw .authenticatedDataNotSafe }
  }
}

extension GroupContext {
  /// What authenticated data is in the epoch.
  var authenticatedDataFormat: AuthenticatedDataFormat {
    (try? extensions.appDataDictionary()?[.safeAAD]) == nil ? .any : .safe
  }
}
