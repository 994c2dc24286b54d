import BareSodium

/// What an app would write by hand: libsodium's XChaCha20-Poly1305 alone, into a fresh array, with a random
/// nonce and no associated data.
struct BareCipher {
  private let key: [UInt8]

  init() {
    _ = sodium_init()
    key = Self.random(32)
  }

  static func random(_ byteCount: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      unsafe randombytes_buf(buffer.baseAddress.unsafelyUnwrapped, byteCount)
      initialized = byteCount
    }
  }

  /// Draws a nonce into `nonce` and encrypts.
  @inline(__always)
  func encrypt(_ plaintext: [UInt8], nonce: inout [UInt8]) -> [UInt8] {
    unsafe randombytes_buf(&nonce, 24)
    return unsafe [UInt8](unsafeUninitializedCapacity: plaintext.count + 16) { buffer, initialized in
      _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
        buffer.baseAddress.unsafelyUnwrapped, nil, plaintext, UInt64(plaintext.count), nil, 0, nil, nonce, key
      )
      initialized = plaintext.count + 16
    }
  }

  @inline(__always)
  func decrypt(_ ciphertext: [UInt8], nonce: [UInt8]) throws -> [UInt8] {
    var status: Int32 = -1
    let plaintext = unsafe [UInt8](unsafeUninitializedCapacity: ciphertext.count - 16) {
      buffer, initialized in
      status = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
        buffer.baseAddress.unsafelyUnwrapped, nil, nil, ciphertext, UInt64(ciphertext.count), nil, 0, nonce,
        key)
      initialized = ciphertext.count - 16
    }
    guard status == 0 else { throw Failure.refused }
    return plaintext
  }
}

/// Why a benchmark cannot be believed.
enum Failure: Error {
  case refused
  case wrongContent
}
