import TLSCodec

extension Message {
  /// A file that belongs to a message and that an importer did not get. SPEC.md section 10.3.
  public struct AbsentFile: Hashable, Sendable {
    /// Why a file is absent.
    public enum Cause: Hashable, Sendable {
      /// The source names it, and does not hold it.
      case notFound
      /// The source holds it, and it is not whole or cannot be read.
      case damaged
      /// A cause of a newer version.
      case unknown(UInt8)
    }

    /// Its name, if the source says one.
    public let name: String?
    /// The media type, such as `image/jpeg`.
    public let mediaType: String
    /// Why it is absent.
    public let cause: Cause
    /// Fields of a newer version, by number.
    package internal(set) var unknownFields: [UnknownValue] = []

    /// A file that is absent.
    public init(name: String?, mediaType: String, cause: Cause) {
      (self.name, self.mediaType, self.cause) = (name, mediaType, cause)
    }
  }
}

/// ```
/// 1 name         UTF-8, optional
/// 2 media_type   UTF-8
/// 3 cause        enum { not_found(1), damaged(2), (255) }
/// ```
/// SPEC.md section 10.3.
extension Message.AbsentFile: FieldCoded {
  enum FieldNumber: UInt16 {
    case name = 1
    case mediaType, cause
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...3 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .name: name?.utf8.count
    case .mediaType: mediaType.utf8.count
    case .cause: 1
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .name: bytes.write(fixed: name ?? "", at: &offset)
    case .mediaType: bytes.write(fixed: mediaType, at: &offset)
    case .cause: bytes.write(cause.code, at: &offset)
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var (name, mediaType, cause) = (String?.none, String?.none, Cause?.none)
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .name: name = try value.readRestAsText(from: bytes)
      case .mediaType: mediaType = try value.readRestAsText(from: bytes)
      case .cause: cause = Cause(code: try value.read(from: bytes))
      case nil: unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let mediaType, let cause else { throw .invalidValue }
    self.init(name: name, mediaType: mediaType, cause: cause)
    unknownFields = unknown
  }
}

extension Message.AbsentFile.Cause {
  fileprivate var code: UInt8 {
    switch self {
    case .notFound: 1
    case .damaged: 2
    case .unknown(let code): code
    }
  }

  fileprivate init(code: UInt8) {
    self =
      switch code {
      case 1: .notFound
      case 2: .damaged
      default: .unknown(code)
      }
  }
}
