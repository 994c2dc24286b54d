import TLSCodec

extension Message {
  /// Reads the fields of a message. Its protection is at most `importedEndToEnd`. SPEC.md section 10.4.
  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    self = .unread
    try readFields(&reader, from: bytes)
  }

  /// A message to read fields into.
  package static var unread: Message { Message(Core.unread, extras: nil) }

  /// Reads fields into a message that is `unread`, where it stands: each move of a message costs some 200 bytes.
  mutating func readFields(_ reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var travel = Travel()
    var seen: UInt32 = 0
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      if let field = travel.knows(number) {
        seen |= 1 << UInt32(number)
        try core.read(field, from: &value, of: bytes, travel: &travel)
        try value.finish()
      } else if number <= FieldNumber.body.rawValue {
        unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      } else {
        // Numbers ascend, so the core is complete.
        extras = try Boxed(Extras(after: unknown, number, value, &fields, &reader, from: bytes))
      }
    }
    guard seen & FieldNumber.required == FieldNumber.required else { throw .invalidValue }
    (core.carriage, core.standing) = try travel.code.carriage(service: travel.service)
    if extras == nil, !unknown.isEmpty { extras = Boxed(Extras(unknownFields: unknown)) }
  }
}

extension Message.FieldNumber {
  /// A bit for each field that every message has.
  fileprivate static var required: UInt32 { id.bit | sentAt.bit | carriage.bit | body.bit }

  private var bit: UInt32 { 1 << UInt32(rawValue) }
}

/// What has been read of how a message travelled.
private struct Travel {
  var code = CarriageCode.local
  var service: String?

  /// Whether a field belongs to the core: not the service of a carriage that this version does not know. The
  /// carriage has a lower number, so it has been read before.
  func knows(_ number: UInt16) -> Message.FieldNumber? {
    guard number <= Message.FieldNumber.body.rawValue else { return nil }
    let field = Message.FieldNumber(rawValue: number)
    return field == .service && !code.isKnown ? nil : field
  }
}

extension Message.Core {
  fileprivate static var unread: Self {
    Self(
      id: MessageID(Bytes16(high: 0, low: 0)), sender: .me, sentAt: Timestamp(nanosecondsSince1970: 0),
      carriage: .local, body: .retraction(target: nil))
  }

  fileprivate mutating func read(
    _ field: Message.FieldNumber, from value: inout SpanReader, of bytes: RawSpan, travel: inout Travel
  ) throws(TLSError) {
    switch field {
    case .id: id = MessageID(try value.readBytes16(from: bytes))
    case .conversation: conversation = ConversationID(try value.readBytes16(from: bytes))
    case .sender: sender = .other(Address(try value.readRestAsText(from: bytes)))
    case .sentAt: sentAt = try value.readTimestamp(from: bytes)
    case .receivedAt: receivedAt = try value.readTimestamp(from: bytes)
    case .carriage: travel.code = CarriageCode(rawValue: try value.read(from: bytes))
    case .service: travel.service = try value.readRestAsText(from: bytes)
    default: body = try Message.Body(reading: &value, from: bytes)
    }
  }
}

extension Message.Extras {
  /// Reads the rest of the fields, of which the first has just been met.
  fileprivate init(
    after unknown: [UnknownValue], _ number: UInt16, _ value: SpanReader, _ fields: inout FieldReader,
    _ reader: inout SpanReader, from bytes: RawSpan
  ) throws(TLSError) {
    self.init(unknownFields: unknown)
    var (number, value) = (number, value)
    while true {
      try read(number, from: &value, of: bytes)
      try value.finish()
      guard let next = try fields.next(&reader, from: bytes) else { return }
      (number, value) = next
    }
  }

  fileprivate mutating func read(
    _ number: UInt16, from value: inout SpanReader, of bytes: RawSpan
  ) throws(TLSError) {
    switch Message.FieldNumber(rawValue: number) {
    case .attachments: attachments = try value.readAttachments(from: bytes)
    case .replyTo: replyTo = MessageID(try value.readBytes16(from: bytes))
    case .effect: effect = Message.Effect(try value.readRestAsText(from: bytes))
    case .subject: subject = try value.readRestAsText(from: bytes)
    case .editedAt: editedAt = try value.readTimestamp(from: bytes)
    case .recentlyDeletedAt: recentlyDeletedAt = try value.readTimestamp(from: bytes)
    case .recipients: recipients = try value.readAddresses(from: bytes)
    case .origin: origin = try Message.Origin(reading: &value, from: bytes)
    case .delivery: delivery = try Message.Delivery(code: value.read(from: bytes))
    case .absentFiles: absentFiles = try value.readAbsentFiles(from: bytes)
    case .unsentPartCount:
      unsentPartCount = try value.read(from: bytes)
      guard unsentPartCount > 0 else { throw .invalidValue }
    default: unknownFields.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
    }
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

  fileprivate mutating func readAbsentFiles(from bytes: RawSpan) throws(TLSError) -> [Message.AbsentFile] {
    guard !isAtEnd else { throw .invalidValue }
    var files: [Message.AbsentFile] = []
    while !isAtEnd {
      var fields = try readVector(from: bytes)
      files.append(try Message.AbsentFile(readingFields: &fields, from: bytes))
    }
    return files
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
