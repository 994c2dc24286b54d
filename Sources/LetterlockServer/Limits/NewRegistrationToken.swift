#if Server
internal import CryptoCore
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import TLSCodec

/// A new token that lets its bearer make an account. SPEC.md section 13.11.
public struct NewRegistrationToken: Sendable {
  /// What the bearer gets, in hexadecimal digits. Nothing else has it.
  public let token: String
  /// The line that makes a server take the token: the SHA-256 of its bytes.
  public let line: String

  /// Makes a token at random.
  public init() {
    let bytes = SecureRandom.bytes(RegistrationToken.byteCount)
    (token, line) = (Hex.encode(bytes), Hex.encode(SHA256Hash.hash(bytes)))
  }
}
#endif
