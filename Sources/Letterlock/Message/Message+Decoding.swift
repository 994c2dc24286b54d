import TLSCodec

extension Message {
  /// Reads the fields of a message. Its protection is at most `importedEndToEnd`. SPEC.md "Protection".
  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var draft = MessageDraft()
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      if let field = FieldNumber(rawValue: number) {
        try draft.read(field, from: &value, of: bytes)
      } else {
        draft.unknownFields.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    self = try draft.finished()
  }
}

/// A message some of whose fields have been read.
private struct MessageDraft {
  private var message = Message(
    id: MessageID(Bytes16(high: 0, low: 0)), sender: .me, sentAt: Timestamp(nanosecondsSince1970: 0),
    carriage: .local, body: .retraction(target: nil))
  private var hasID = false
  private var hasSentAt = false
  private var hasBody = false
  private var carriage: CarriageCode?
  private var service: String?
  var unknownFields: [UnknownValue] = []

  mutating func read(
    _ field: Message.FieldNumber, from value: inout SpanReader, of bytes: RawSpan
  ) throws(TLSError) {
    switch field {
    case .id, .sentAt, .carriage, .body: try readRequired(field, from: &value, of: bytes)
    case .conversation: message.conversation = ConversationID(try value.readBytes16(from: bytes))
    case .sender: message.sender = .other(Address(try value.readRestAsText(from: bytes)))
    case .receivedAt: message.receivedAt = try value.readTimestamp(from: bytes)
    case .service: try readService(from: &value, of: bytes)
    case .attachments: message.attachments = try value.readAttachments(from: bytes)
    case .replyTo: message.replyTo = MessageID(try value.readBytes16(from: bytes))
    case .effect: message.effect = Message.Effect(try value.readRestAsText(from: bytes))
    case .subject: message.subject = try value.readRestAsText(from: bytes)
    case .editedAt: message.editedAt = try value.readTimestamp(from: bytes)
    case .recentlyDeletedAt: message.recentlyDeletedAt = try value.readTimestamp(from: bytes)
    case .recipients: message.recipients = try value.readAddresses(from: bytes)
    case .origin: message.origin = try Message.Origin(reading: &value, from: bytes)
    }
  }

  private mutating func readRequired(
    _ field: Message.FieldNumber, from value: inout SpanReader, of bytes: RawSpan
  ) throws(TLSError) {
    switch field {
    case .id:
      message.id = MessageID(try value.readBytes16(from: bytes))
      hasID = true
    case .sentAt:
      message.sentAt = try value.readTimestamp(from: bytes)
      hasSentAt = true
    case .carriage: carriage = CarriageCode(rawValue: try value.read(from: bytes))
    default:
      message.body = try Message.Body(reading: &value, from: bytes)
      hasBody = true
    }
  }

  /// The carriage has a lower number, so it has been read before.
  private mutating func readService(from value: inout SpanReader, of bytes: RawSpan) throws(TLSError) {
    if carriage?.knowsItsService ?? false {
      service = try value.readRestAsText(from: bytes)
    } else {
      let number = Message.FieldNumber.service.rawValue
      unknownFields.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
    }
  }

  consuming func finished() throws(TLSError) -> Message {
    guard hasID, hasSentAt, hasBody, let carriage else { throw .invalidValue }
    let (value, standing) = try carriage.carriage(service: service)
    message.carriage = value
    // Only now: setting anything else takes them away.
    message.standing = standing
    message.unknownFields = unknownFields
    return message
  }
}

extension SpanReader {
  fileprivate mutating func readTimestamp(from bytes: RawSpan) throws(TLSError) -> Timestamp {
    Timestamp(nanosecondsSince1970: try read(from: bytes))
  }

  fileprivate mutating func readAttachments(from bytes: RawSpan) throws(TLSError) -> [Attachment] {
    guard !isAtEnd else { throw .invalidValue }
    var attachments: [Attachment] = []
    while !isAtEnd {
      var fields = try readVector(from: bytes)
      attachments.append(try Attachment(readingFields: &fields, from: bytes))
    }
    return attachments
  }

  /// At least one address, each as a vector.
  mutating func readAddresses(from bytes: RawSpan) throws(TLSError) -> [Address] {
    guard !isAtEnd else { throw .invalidValue }
    var addresses: [Address] = []
    while !isAtEnd { addresses.append(Address(try readText(from: bytes))) }
    return addresses
  }
}

extension Message.Origin {
  fileprivate init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    source = try reader.readText(from: bytes)
    identifier = try reader.readText(from: bytes)
    service = try reader.readText(from: bytes)
  }
}
