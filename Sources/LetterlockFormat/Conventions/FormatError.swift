/// Why a structure of the format was not made or not opened.
public enum FormatError: Error, Hashable, Sendable {
  /// A public key that nothing can be wrapped to.
  case unusableKey(DeviceID)
  /// The sealed file is incomplete, altered, or not the one that its message names.
  case attachmentUnreadable(BlobID)
  /// A fault of this library; the text says where.
  case internalError(String)
}
