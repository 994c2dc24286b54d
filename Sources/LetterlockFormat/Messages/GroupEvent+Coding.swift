import TLSCodec

/// ```
/// enum {
///   name_changed(1), name_removed(2), member_added(3), member_removed(4), member_left(5),
///   photo_changed(6), other(7), (65535)
/// } GroupEventKind;
///
/// struct {
///   GroupEventKind kind;
///   opaque value[...];        to the end: UTF-8, empty for name_removed and photo_changed
/// } GroupEvent;
/// ```
/// SPEC.md section 10.5.
extension GroupEvent {
  private var code: UInt16 {
    switch self {
    case .nameChanged(.some): 1
    case .nameChanged(nil): 2
    case .memberAdded: 3
    case .memberRemoved: 4
    case .memberLeft: 5
    case .photoChanged: 6
    case .other: 7
    case .unknown(let unknown): unknown.code
    }
  }

  /// The value of every kind but an unknown one.
  private var text: String {
    switch self {
    case .nameChanged(let name): name ?? ""
    case .memberAdded(let address), .memberRemoved(let address), .memberLeft(let address): address.rawValue
    case .other(let words): words
    case .photoChanged, .unknown: ""
    }
  }

  var byteCount: Int {
    if case .unknown(let unknown) = self { return 2 + unknown.bytes.count }
    return 2 + text.utf8.count
  }

  func write(to bytes: inout MutableRawSpan, at offset: inout Int) {
    bytes.write(code, at: &offset)
    if case .unknown(let unknown) = self { return bytes.write(fixed: unknown.bytes, at: &offset) }
    bytes.write(fixed: text, at: &offset)
  }

  init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    let code: UInt16 = try reader.read(from: bytes)
    switch code {
    case 1: self = .nameChanged(try reader.readRestAsText(from: bytes))
    case 2: self = .nameChanged(nil)
    case 3: self = .memberAdded(Address(try reader.readRestAsText(from: bytes)))
    case 4: self = .memberRemoved(Address(try reader.readRestAsText(from: bytes)))
    case 5: self = .memberLeft(Address(try reader.readRestAsText(from: bytes)))
    case 6: self = .photoChanged
    case 7: self = .other(try reader.readRestAsText(from: bytes))
    default: self = .unknown(UnknownValue(code: code, bytes: reader.readRest(from: bytes)))
    }
  }
}
