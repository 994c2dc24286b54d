public import TLSCodec

/// Why a group did not do what was asked. The group is as it was before.
public enum GroupError: Error, Hashable, Sendable {
  /// Bytes are not the encoding of what they should be.
  case malformed(TLSError)
  /// A key, a signature or a ciphertext is not good.
  case cipherSuite(CipherSuiteError)
  /// A rule of RFC 9420 does not hold.
  case invalid(ValidationError)
  /// No more members fit.
  case groupTooLarge
  /// What happened cannot happen: a mistake in this library.
  case internalError
}
