/// Why bytes are not the encoding of a value. RFC 8446 section 3, RFC 9420 section 2.1.
public enum TLSError: Error, Hashable, Sendable {
  /// The bytes end before the value does.
  case truncated
  /// Bytes are left after the value.
  case trailingBytes
  /// A variable-size length is not in its shortest form, or uses the reserved prefix. RFC 9420 section 2.1.2.
  case nonMinimalLength
  /// A length is above what the format allows.
  case lengthTooLong
  /// A number that names a variant, a version or a type that this reader does not know.
  case unknownValue
  /// A value that the format forbids.
  case invalidValue
  /// Elements that must stand in ascending order do not.
  case notAscending
}
