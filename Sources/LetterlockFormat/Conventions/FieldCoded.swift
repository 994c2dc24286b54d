import TLSCodec

/// ```
/// struct {
///   uint16 number;
///   opaque value<V>;
/// } Field;
/// ```
/// A value encoded as fields, their numbers ascending, each at most once, absent ones left out; fields of a
/// newer version are carried along. SPEC.md section 10.2.
protocol FieldCoded {
  /// A field that this version knows.
  associatedtype FieldNumber: RawRepresentable<UInt16>

  /// The numbers of the fields that this value may have, without a gap.
  var fieldNumbers: ClosedRange<UInt16> { get }

  /// Fields of a newer version, in order of their numbers, none of them written by `writeValue`.
  var unknownFields: [UnknownValue] { get }

  /// How many bytes the value of a field has; nil for a field that is left out.
  func valueByteCount(of field: FieldNumber) -> Int?

  /// Writes exactly as many bytes as `valueByteCount(of:)` says.
  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int)

  /// Reads the fields that make up the rest of what `reader` may read.
  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError)
}

extension FieldCoded {
  var fieldsByteCount: Int {
    var byteCount = 0
    for number in fieldNumbers {
      guard let field = FieldNumber(rawValue: number), let count = valueByteCount(of: field) else { continue }
      byteCount += 2 + count.asVector
    }
    for field in unknownFields { byteCount += 2 + field.bytes.count.asVector }
    return byteCount
  }

  func writeFields(to bytes: inout MutableRawSpan, at offset: inout Int) {
    var unknown = 0
    let unknownFields = unknownFields
    for number in fieldNumbers {
      guard let field = FieldNumber(rawValue: number), let count = valueByteCount(of: field) else { continue }
      while unknown < unknownFields.count, unknownFields[unknown].code < number {
        unknownFields[unknown].writeField(to: &bytes, at: &offset)
        unknown += 1
      }
      bytes.write(number, at: &offset)
      bytes.write(length: count, at: &offset)
      writeValue(of: field, to: &bytes, at: &offset)
    }
    for field in unknownFields[unknown...] { field.writeField(to: &bytes, at: &offset) }
  }
}

extension UnknownValue {
  fileprivate func writeField(to bytes: inout MutableRawSpan, at offset: inout Int) {
    bytes.write(code, at: &offset)
    bytes.write(opaque: self.bytes, at: &offset)
  }
}

/// Reads fields one after another and refuses them out of order.
struct FieldReader {
  private var previous = -1

  /// The next field, or nil after the last one.
  @inline(__always)
  mutating func next(
    _ reader: inout SpanReader, from bytes: RawSpan
  ) throws(TLSError) -> (number: UInt16, value: SpanReader)? {
    guard !reader.isAtEnd else { return nil }
    let number: UInt16 = try reader.read(from: bytes)
    guard Int(number) > previous else { throw .notAscending }
    previous = Int(number)
    return (number, try reader.readVector(from: bytes))
  }
}
