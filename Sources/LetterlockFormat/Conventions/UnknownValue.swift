/// Something a newer version of this library wrote, carried byte for byte.
///
/// Only decoding makes one, so no app can dress bytes up as a kind that this version does know.
public struct UnknownValue: Hashable, Sendable {
  /// The newer version's number for it.
  public let code: UInt16
  /// Its encoding.
  public let bytes: [UInt8]

  package init(code: UInt16, bytes: [UInt8]) {
    self.code = code
    self.bytes = bytes
  }
}
