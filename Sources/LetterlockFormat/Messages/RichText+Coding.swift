import TLSCodec

/// ```
/// struct {
///   uint32 start;
///   uint32 end;
///   uint16 code;
///   opaque value<V>;
/// } Style;
///
/// struct {
///   opaque text<V>;
///   Style styles[...];        to the end of the value
/// } Text;
/// ```
/// SPEC.md section 10.5.
extension RichText {
  var byteCount: Int {
    var byteCount = text.vectorByteCount
    for style in styles { byteCount += 10 + style.style.valueByteCount.asVector }
    return byteCount
  }

  func write(to bytes: inout MutableRawSpan, at offset: inout Int) {
    bytes.write(opaque: text, at: &offset)
    for style in styles {
      bytes.write(UInt32(clamping: style.utf8Range.lowerBound), at: &offset)
      bytes.write(UInt32(clamping: style.utf8Range.upperBound), at: &offset)
      bytes.write(style.style.code, at: &offset)
      bytes.write(length: style.style.valueByteCount, at: &offset)
      style.style.writeValue(to: &bytes, at: &offset)
    }
  }

  init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    let text = try reader.readText(from: bytes)
    var styles: [StyledRange] = []
    while !reader.isAtEnd {
      let style = try StyledRange(reading: &reader, from: bytes)
      guard text.hasScalars(at: style.utf8Range) else { throw .invalidValue }
      if let last = styles.last, !last.mayPrecede(style) { throw .notAscending }
      styles.append(style)
    }
    self.init(checked: text, styles: styles)
  }
}

extension RichText.StyledRange {
  fileprivate init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    let start: UInt32 = try reader.read(from: bytes)
    let end: UInt32 = try reader.read(from: bytes)
    guard start < end else { throw .invalidValue }
    let code: UInt16 = try reader.read(from: bytes)
    var value = try reader.readVector(from: bytes)
    utf8Range = Int(start)..<Int(end)
    style = try RichText.Style(code: code, value: &value, from: bytes)
    try value.finish()
  }
}

extension RichText.Style {
  fileprivate var code: UInt16 {
    switch self {
    case .bold: 1
    case .italic: 2
    case .underline: 3
    case .strikethrough: 4
    case .link: 5
    case .mention: 6
    case .effect: 7
    case .unknown(let unknown): unknown.code
    }
  }

  fileprivate var valueByteCount: Int {
    switch self {
    case .bold, .italic, .underline, .strikethrough: 0
    case .link(let text), .effect(let text): text.utf8.count
    case .mention(let address): address.rawValue.utf8.count
    case .unknown(let unknown): unknown.bytes.count
    }
  }

  fileprivate func writeValue(to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch self {
    case .bold, .italic, .underline, .strikethrough: break
    case .link(let text), .effect(let text): bytes.write(fixed: text, at: &offset)
    case .mention(let address): bytes.write(fixed: address.rawValue, at: &offset)
    case .unknown(let unknown): bytes.write(fixed: unknown.bytes, at: &offset)
    }
  }

  fileprivate init(code: UInt16, value: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    switch code {
    case 1: self = .bold
    case 2: self = .italic
    case 3: self = .underline
    case 4: self = .strikethrough
    case 5: self = .link(try value.readRestAsText(from: bytes))
    case 6: self = .mention(Address(try value.readRestAsText(from: bytes)))
    case 7: self = .effect(try value.readRestAsText(from: bytes))
    default: self = .unknown(UnknownValue(code: code, bytes: value.readRest(from: bytes)))
    }
  }
}
