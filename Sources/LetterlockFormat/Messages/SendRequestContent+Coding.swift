import TLSCodec

/// ```
/// 1 message      the fields of a Message
/// 2 device       opaque[32]
/// 3 expires_at   int64
/// 4 segments     opaque segment<V>[...]; with SMS, and not with MMS
/// ```
/// SPEC.md section 10.13.
extension SendRequestContent: FieldCoded {
  enum FieldNumber: UInt16 {
    case message = 1
    case device, expiresAt, segments
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...4 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .message: message.fieldsByteCount
    case .device: DeviceID.byteCount
    case .expiresAt: 8
    case .segments: segments.isEmpty ? nil : segments.reduce(0) { $0 + $1.vectorByteCount }
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .message: message.writeFields(to: &bytes, at: &offset)
    case .device: bytes.write(fixed: device.bytes, at: &offset)
    case .expiresAt: bytes.write(expiresAt.nanosecondsSince1970, at: &offset)
    case .segments: for segment in segments { bytes.write(opaque: segment, at: &offset) }
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var (message, device, expiresAt) = (Message?.none, DeviceID?.none, Timestamp?.none)
    var segments: [String] = []
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .message: message = try Message(readingFields: &value, from: bytes)
      case .device: device = DeviceID(unchecked: try value.read(fixed: DeviceID.byteCount, from: bytes))
      case .expiresAt: expiresAt = Timestamp(nanosecondsSince1970: try value.read(from: bytes))
      case .segments:
        guard !value.isAtEnd else { throw .invalidValue }
        while !value.isAtEnd { segments.append(try value.readText(from: bytes)) }
      case nil: unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let message, let device, let expiresAt,
      let made = Self(message, device: device, expiresAt: expiresAt, segments: segments)
    else { throw .invalidValue }
    self = made
    unknownFields = unknown
  }
}
