/// Why a chunked message did not seal or open.
public enum ChunkedEncryptionError: Error, Hashable, Sendable {
  /// The input key has not the suite's size.
  case invalidKeySize
  /// The ciphertext was altered, cut, reordered, or made under another key or context.
  case authenticationFailed
  /// A chunk has not the size that its place demands.
  case invalidChunkSize
  /// More than 2^38 chunks.
  case messageTooLong
}

/// Encryption of large files in chunks of 16 KiB, each of which opens without the others. C2SP
/// chunked-encryption version 1.
public enum ChunkedEncryption {
  /// 16384: the plaintext of every chunk but the last, which is shorter.
  public static let chunkByteCount = 16_384
  /// 16400: a whole chunk with its tag.
  public static let sealedChunkByteCount = chunkByteCount + 16
  /// 56: the salt, then the commitment.
  public static let headerByteCount = 56
  static let saltByteCount = 24
  static let maximumChunkCount: UInt64 = 1 << 38

  /// The instances that the specification names; both derive with SHA-512.
  public enum Suite: Sendable, Hashable {
    /// AES-128-GCM.
    case cobblestone128
    /// AES-256-GCM.
    case cobblestone256

    /// The input key's size in bytes.
    public var keyByteCount: Int { self == .cobblestone128 ? 16 : 32 }
    fileprivate var name: String {
      self == .cobblestone128 ? "AEAD_AES_128_GCM" : "AEAD_AES_256_GCM"
    }
  }

  /// The sealed length of a message.
  public static func sealedByteCount(of byteCount: UInt64) -> UInt64 {
    UInt64(headerByteCount) + byteCount + (byteCount / UInt64(chunkByteCount) + 1) * 16
  }

  /// The length of a message from its sealed length; nil if no message has it.
  public static func byteCount(ofSealed sealed: UInt64) -> UInt64? {
    guard sealed >= UInt64(headerByteCount) else { return nil }
    let (whole, last) = (sealed - UInt64(headerByteCount)).quotientAndRemainder(
      dividingBy: UInt64(sealedChunkByteCount))
    guard last >= 16, whole < maximumChunkCount else { return nil }
    return whole * UInt64(chunkByteCount) + last - 16
  }

  /// What one message is sealed under:
  /// `key || base nonce || commitment = HKDF-Expand(input key, "c2sp.org/chunked-encryption@v1+" || aead || 0x00 || salt || context)`.
  struct MessageKey: Sendable {
    let key: SecretKey
    let baseNonce: [UInt8]
    let commitment: [UInt8]

    init(
      suite: Suite, inputKey: SecretKey, salt: [UInt8], context: [UInt8]
    ) throws(ChunkedEncryptionError) {
      let keyByteCount = suite.keyByteCount
      guard inputKey.byteCount == keyByteCount else { throw .invalidKeySize }
      let info = Array("c2sp.org/chunked-encryption@v1+\(suite.name)\0".utf8) + salt + context
      do throws(KDFError) {
        let output = try HKDF.expand(
          inputKey, info: info, byteCount: keyByteCount + 12 + 32, hash: .sha512)
        key = output.slice(0..<keyByteCount)
        baseNonce = output.slice(keyByteCount..<keyByteCount + 12).exportRawBytes()
        commitment = output.slice(keyByteCount + 12..<keyByteCount + 44).exportRawBytes()
      } catch { throw .invalidKeySize }
    }

    /// The base nonce XOR the chunk's number, big-endian.
    func nonce(of chunk: UInt64) -> [UInt8] {
      var nonce = baseNonce
      for index in 0..<8 { nonce[4 + index] ^= UInt8(truncatingIfNeeded: chunk >> (56 - 8 * index)) }
      return nonce
    }

    /// Seals one chunk. A number is sealed once.
    func seal(
      _ chunk: RawSpan, number: UInt64, into output: inout MutableRawSpan
    ) throws(ChunkedEncryptionError) {
      let nonce = nonce(of: number)
      do throws(AEADError) {
        // The nonce outlives the call.
        try unsafe AESGCM.seal(
          chunk, into: &output, using: key, nonce: nonce.span.bytes, authenticating: RawSpan())
      } catch { throw .authenticationFailed }
    }
  }

  /// Seals one message, chunk by chunk, under a salt of its own.
  public struct Sealer: ~Copyable, Sendable {
    private let key: MessageKey
    private var next: UInt64 = 0
    /// What the ciphertext begins with: 56 bytes.
    public let header: [UInt8]

    /// Begins a message under a fresh random salt.
    public init(
      suite: Suite, key inputKey: SecretKey, context: [UInt8]
    ) throws(ChunkedEncryptionError) {
      try self.init(suite: suite, key: inputKey, context: context, salt: SecureRandom.bytes(saltByteCount))
    }

    /// Begins a message under a salt that was never used with this key: for vectors.
    package init(
      suite: Suite, key inputKey: SecretKey, context: [UInt8], salt: [UInt8]
    ) throws(ChunkedEncryptionError) {
      key = try MessageKey(suite: suite, inputKey: inputKey, salt: salt, context: context)
      header = salt + key.commitment
    }

    /// Seals the next chunk, 16384 bytes that are not the message's last, into 16400 bytes.
    public mutating func seal(
      _ chunk: RawSpan, into output: inout MutableRawSpan
    ) throws(ChunkedEncryptionError) {
      guard chunk.byteCount == chunkByteCount else { throw .invalidChunkSize }
      try write(chunk, &output)
    }

    /// Seals the last chunk, which has fewer than 16384 bytes and may be empty.
    public consuming func finish(
      _ chunk: RawSpan, into output: inout MutableRawSpan
    ) throws(ChunkedEncryptionError) {
      guard chunk.byteCount < chunkByteCount else { throw .invalidChunkSize }
      try write(chunk, &output)
    }

    private mutating func write(
      _ chunk: RawSpan, _ output: inout MutableRawSpan
    ) throws(ChunkedEncryptionError) {
      guard output.byteCount == chunk.byteCount + 16 else { throw .invalidChunkSize }
      let (key, number) = try reserveNumbers(1)
      try key.seal(chunk, number: number, into: &output)
    }

    /// The next `count` numbers are given out: whatever becomes of them, they do not come again.
    mutating func reserveNumbers(
      _ count: Int
    ) throws(ChunkedEncryptionError) -> (key: MessageKey, first: UInt64) {
      guard count >= 0, next + UInt64(count) <= maximumChunkCount else { throw .messageTooLong }
      next += UInt64(count)
      return (key, next - UInt64(count))
    }
  }

  /// Opens chunks of one message, in any order.
  public struct Opener: Sendable {
    private let key: MessageKey

    /// Begins with the header, 56 bytes, whose commitment is checked before anything is opened.
    public init(
      suite: Suite, key inputKey: SecretKey, context: [UInt8], header: [UInt8]
    ) throws(ChunkedEncryptionError) {
      guard header.count == headerByteCount else { throw .authenticationFailed }
      key = try MessageKey(
        suite: suite, inputKey: inputKey, salt: Array(header[..<saltByteCount]), context: context)
      guard constantTimeEqual(key.commitment, Array(header[saltByteCount...])) else {
        throw .authenticationFailed
      }
    }

    /// Opens the chunk with this number. Every chunk but the last is whole, and the last is not: a caller
    /// that does not check that will not notice a message that was cut.
    public func open(
      _ sealed: RawSpan, number: UInt64, into output: inout MutableRawSpan
    ) throws(ChunkedEncryptionError) {
      guard number < maximumChunkCount else { throw .messageTooLong }
      guard sealed.byteCount >= 16, sealed.byteCount <= sealedChunkByteCount,
        output.byteCount == sealed.byteCount - 16
      else { throw .invalidChunkSize }
      let nonce = key.nonce(of: number)
      do throws(AEADError) {
        // The nonce outlives the call.
        try unsafe AESGCM.open(
          sealed, into: &output, using: key.key, nonce: nonce.span.bytes, authenticating: RawSpan())
      } catch { throw .authenticationFailed }
    }
  }
}
