import CryptoCore
import TLSCodec

/// ```
/// 1 blob         opaque[16]
/// 2 key          opaque[32]
/// 3 name         UTF-8, optional
/// 4 media_type   UTF-8
/// 5 byte_count   uint64, at most 2^52
/// 6 digest       opaque[32]
/// 7 role         enum { file(0), preview(1), sticker(2), voice(3), (255) }, left out if file
/// ```
/// SPEC.md section 10.6.
extension Attachment: FieldCoded {
  enum FieldNumber: UInt16 {
    case blob = 1
    case key, name, mediaType, byteCount, digest, role
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...7 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .blob: 16
    case .key: 32
    case .name: name?.utf8.count
    case .mediaType: mediaType.utf8.count
    case .byteCount: 8
    case .digest: 32
    case .role: role.code == 0 ? nil : 1
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .blob: bytes.write(blob.value, at: &offset)
    case .key: writeKey(to: &bytes, at: &offset)
    case .name: bytes.write(fixed: name ?? "", at: &offset)
    case .mediaType: bytes.write(fixed: mediaType, at: &offset)
    case .byteCount: bytes.write(byteCount, at: &offset)
    case .digest: bytes.write(fixed: digest, at: &offset)
    case .role: bytes.write(role.code, at: &offset)
    }
  }

  private func writeKey(to bytes: inout MutableRawSpan, at offset: inout Int) {
    // A span cannot be captured, so the key's bytes are handed over word by word.
    for index in 0..<4 {
      bytes.write(key.withBytes { $0.bigEndian(at: 8 * index, as: UInt64.self) }, at: &offset)
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var (blob, key, digest): (Bytes16?, SecretKey?, [UInt8]?)
    var (name, mediaType): (String?, String?)
    var byteCount: UInt64?
    var role = Role.file
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .blob: blob = try value.readBytes16(from: bytes)
      case .key: key = try value.readKey(from: bytes)
      case .name: name = try value.readRestAsText(from: bytes)
      case .mediaType: mediaType = try value.readRestAsText(from: bytes)
      case .byteCount: byteCount = try value.read(from: bytes)
      case .digest: digest = try value.read(fixed: 32, from: bytes)
      case .role: role = try Role(code: value.read(from: bytes))
      case nil: unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let blob, let key, let mediaType, let byteCount, let digest else { throw .invalidValue }
    guard byteCount <= Self.maximumByteCount else { throw .invalidValue }
    self.blob = BlobID(blob)
    self.key = key
    self.name = name
    self.mediaType = mediaType
    self.byteCount = byteCount
    self.digest = digest
    self.role = role
    unknownFields = unknown
  }
}

extension Attachment.Role {
  fileprivate var code: UInt8 {
    switch self {
    case .file: 0
    case .preview: 1
    case .sticker: 2
    case .voice: 3
    case .unknown(let code): code
    }
  }

  fileprivate init(code: UInt8) throws(TLSError) {
    switch code {
    case 0: throw .invalidValue
    case 1: self = .preview
    case 2: self = .sticker
    case 3: self = .voice
    default: self = .unknown(code)
    }
  }
}

extension SpanReader {
  fileprivate mutating func readKey(from bytes: RawSpan) throws(TLSError) -> SecretKey {
    guard end - offset == 32 else { throw .invalidValue }
    let key = SecretKey(SecretBytes(copying: bytes.extracting(offset..<end)))
    skipRest()
    return key
  }
}
