import TLSCodec

/// ```
/// 1 action         uint8: deleted(1), recovered(2), erased(3)
/// 2 at             int64
/// 3 conversation   opaque[16]
/// 4 messages       opaque[16] each; left out for the whole conversation
/// ```
/// SPEC.md section 10.10.
extension Deletion: FieldCoded {
  enum FieldNumber: UInt16 {
    case action = 1
    case at, conversation, messages
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...4 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .action: 1
    case .at: 8
    case .conversation: 16
    case .messages: messages.isEmpty ? nil : messages.count * 16
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .action: bytes.write(action.code, at: &offset)
    case .at: bytes.write(at.nanosecondsSince1970, at: &offset)
    case .conversation: bytes.write(conversation.value, at: &offset)
    case .messages: for message in messages { bytes.write(message.value, at: &offset) }
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var (action, at, conversation) = (Action?.none, Timestamp?.none, Bytes16?.none)
    var messages: [MessageID] = []
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .action: action = Action(code: try value.read(from: bytes))
      case .at: at = Timestamp(nanosecondsSince1970: try value.read(from: bytes))
      case .conversation: conversation = try value.readBytes16(from: bytes)
      case .messages:
        guard !value.isAtEnd else { throw .invalidValue }
        while !value.isAtEnd { messages.append(MessageID(try value.readBytes16(from: bytes))) }
      case nil: unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let action, let at, let conversation else { throw .invalidValue }
    self.init(action, at: at, conversation: ConversationID(conversation), messages: messages)
    unknownFields = unknown
  }
}

extension Deletion.Action {
  var code: UInt8 {
    switch self {
    case .deleted: 1
    case .recovered: 2
    case .erased: 3
    case .unknown(let code): code
    }
  }

  init(code: UInt8) {
    self =
      switch code {
      case 1: .deleted
      case 2: .recovered
      case 3: .erased
      default: .unknown(code)
      }
  }
}
