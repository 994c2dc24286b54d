import TLSCodec

/// ```
/// 1 id             opaque[16]
/// 2 name           UTF-8, optional
/// 3 participants   opaque address<V>[...]; not empty
/// 4 service        UTF-8, optional
/// 5 is_group       uint8, 1; left out if it is no group
/// ```
/// SPEC.md section 10.8.
extension ConversationProfile: FieldCoded {
  enum FieldNumber: UInt16 {
    case id = 1
    case name, participants, service, isGroup
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...5 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .id: 16
    case .name: name?.utf8.count
    case .participants: participants.isEmpty ? nil : participants.vectorsByteCount
    case .service: service?.utf8.count
    case .isGroup: isGroup ? 1 : nil
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .id: bytes.write(id.value, at: &offset)
    case .name: bytes.write(fixed: name ?? "", at: &offset)
    case .participants: for address in participants { bytes.write(opaque: address.rawValue, at: &offset) }
    case .service: bytes.write(fixed: service ?? "", at: &offset)
    case .isGroup: bytes.write(UInt8(1), at: &offset)
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var id: Bytes16?
    var profile = ConversationProfile(id: ConversationID(Bytes16(high: 0, low: 0)))
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .id: id = try value.readBytes16(from: bytes)
      case .name: profile.name = try value.readRestAsText(from: bytes)
      case .participants: profile.participants = try value.readAddresses(from: bytes)
      case .service: profile.service = try value.readRestAsText(from: bytes)
      case .isGroup:
        guard try value.read(UInt8.self, from: bytes) == 1 else { throw .invalidValue }
        profile.isGroup = true
      case nil: profile.unknownFields.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let id else { throw .invalidValue }
    profile.id = ConversationID(id)
    self = profile
  }
}

/// ```
/// 1 name      UTF-8
/// 2 seen_at   int64, optional
/// ```
/// SPEC.md section 10.8.
extension DeviceProfile: FieldCoded {
  enum FieldNumber: UInt16 {
    case name = 1
    case seenAt
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...2 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .name: name.utf8.count
    case .seenAt: seenAt == nil ? nil : 8
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .name: bytes.write(fixed: name, at: &offset)
    case .seenAt: bytes.write(seenAt?.nanosecondsSince1970 ?? 0, at: &offset)
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var (name, seenAt) = (String?.none, Timestamp?.none)
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .name: name = try value.readRestAsText(from: bytes)
      case .seenAt: seenAt = Timestamp(nanosecondsSince1970: try value.read(from: bytes))
      case nil: unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let name else { throw .invalidValue }
    self.init(name: name, seenAt: seenAt)
    unknownFields = unknown
  }
}
