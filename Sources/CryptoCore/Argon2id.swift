internal import CSodium

/// Why a password gave no key.
public enum PasswordHashError: Error, Hashable, Sendable {
  /// The salt has not 16 bytes, or the costs or the size are outside what libsodium takes.
  case invalidParameters
  /// There is not enough memory.
  case outOfMemory
}

/// Argon2id version 1.3 with one lane. RFC 9106, libsodium.
public enum Argon2id {
  /// A key of `byteCount` bytes (16 or more) from a password and a salt of 16 bytes.
  public static func deriveKey(
    from password: SecretKey, salt: [UInt8], memoryKiB: Int, passes: Int, byteCount: Int
  ) throws(PasswordHashError) -> SecretKey {
    _ = Sodium.isReady
    guard salt.count == Int(crypto_pwhash_SALTBYTES), (16...1024).contains(byteCount),
      (8...(1 << 22)).contains(memoryKiB), (1...1024).contains(passes)
    else { throw .invalidParameters }
    return SecretKey(
      try SecretBytes(byteCount: byteCount) { (output) throws(PasswordHashError) in
        let status = password.withBytes { password in
          // Every buffer outlives the call and says its own size.
          unsafe password.withUnsafeBytes { password in
            unsafe output.withUnsafeMutableBytes { output in
              unsafe crypto_pwhash(
                output.byteAddress, UInt64(byteCount),
                UnsafeRawPointer(password.byteAddress).assumingMemoryBound(to: CChar.self),
                UInt64(password.count), salt, UInt64(passes), memoryKiB << 10,
                crypto_pwhash_ALG_ARGON2ID13)
            }
          }
        }
        guard status == 0 else { throw .outOfMemory }
      })
  }

  /// Whether an encoded hash (`$argon2id$...`) is of this password: for vectors.
  package static func verify(encoded: String, password: [UInt8]) -> Bool {
    _ = Sodium.isReady
    let characters = password.map { CChar(bitPattern: $0) }
    // Both strings outlive the call; the first ends with a zero.
    return unsafe encoded.withCString { encoded in
      unsafe crypto_pwhash_str_verify(encoded, characters, UInt64(characters.count)) == 0
    }
  }
}
