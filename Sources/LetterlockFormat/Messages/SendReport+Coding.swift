import TLSCodec

/// ```
/// 1 message        opaque[16]
/// 2 conversation   opaque[16]
/// 3 step           uint8: claimed(1), sent(2), failed(3), outcome_unknown(4), cancelled(5), expired(6), asker_removed(7)
/// 4 at             int64
/// 5 claim          opaque[16]; with the first four steps, and with no other known one
/// 6 reason         UTF-8; with failed, and with no other known one
/// ```
/// SPEC.md section 10.13.
extension SendReport: FieldCoded {
  enum FieldNumber: UInt16 {
    case message = 1
    case conversation, step, at, claim, reason
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...6 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .message, .conversation: 16
    case .step: 1
    case .at: 8
    case .claim: step.claim == nil ? nil : 16
    case .reason: step.reason?.utf8.count
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .message: bytes.write(message.value, at: &offset)
    case .conversation: bytes.write(conversation.value, at: &offset)
    case .step: bytes.write(step.code, at: &offset)
    case .at: bytes.write(at.nanosecondsSince1970, at: &offset)
    case .claim: if let claim = step.claim { bytes.write(claim, at: &offset) }
    case .reason: bytes.write(fixed: step.reason ?? "", at: &offset)
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var (message, conversation, code, at) = (Bytes16?.none, Bytes16?.none, UInt8?.none, Timestamp?.none)
    var (claim, reason) = (Bytes16?.none, String?.none)
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .message: message = try value.readBytes16(from: bytes)
      case .conversation: conversation = try value.readBytes16(from: bytes)
      case .step: code = try value.read(from: bytes)
      case .at: at = Timestamp(nanosecondsSince1970: try value.read(from: bytes))
      // The step has a lower number, so it has been read before.
      case .claim where Step.isKnown(code): claim = try value.readBytes16(from: bytes)
      case .reason where Step.isKnown(code): reason = try value.readRestAsText(from: bytes)
      case .claim, .reason, nil:
        unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let message, let conversation, let code, let at else { throw .invalidValue }
    self.init(
      try Step(code: code, claim: claim, reason: reason), of: MessageID(message),
      in: ConversationID(conversation), at: at)
    unknownFields = unknown
  }
}

extension SendReport.Step {
  fileprivate static func isKnown(_ code: UInt8?) -> Bool { code.map { (1...7).contains($0) } ?? false }

  fileprivate var code: UInt8 {
    switch self {
    case .claimed: 1
    case .sent: 2
    case .failed: 3
    case .outcomeUnknown: 4
    case .cancelled: 5
    case .expired: 6
    case .askerRemoved: 7
    case .unknown(let code): code
    }
  }

  fileprivate var claim: Bytes16? {
    switch self {
    case .claimed(let claim), .sent(let claim), .failed(let claim, _), .outcomeUnknown(let claim): claim
    case .cancelled, .expired, .askerRemoved, .unknown: nil
    }
  }

  fileprivate var reason: String? {
    guard case .failed(_, let reason) = self else { return nil }
    return reason
  }

  fileprivate init(code: UInt8, claim: Bytes16?, reason: String?) throws(TLSError) {
    switch (code, claim, reason) {
    case (1, let claim?, nil): self = .claimed(claim)
    case (2, let claim?, nil): self = .sent(claim)
    case (3, let claim?, let reason?): self = .failed(claim, reason: reason)
    case (4, let claim?, nil): self = .outcomeUnknown(claim)
    case (5, nil, nil): self = .cancelled
    case (6, nil, nil): self = .expired
    case (7, nil, nil): self = .askerRemoved
    case _ where !Self.isKnown(code): self = .unknown(code)
    default: throw .invalidValue
    }
  }
}
