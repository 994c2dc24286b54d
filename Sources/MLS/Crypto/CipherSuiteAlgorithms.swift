package import CryptoCore

/// What a cipher suite is made of. RFC 9420 section 5.1: adding a suite is one more declaration in `all`.
package struct CipherSuiteAlgorithms: Sendable {
  /// The suite's number.
  package let suite: CipherSuite
  /// Its registered name.
  package let name: String
  /// The KEM, KDF and AEAD; the AEAD also protects messages.
  package let hpke: HPKESuite
  /// The hash of transcripts and trees, and of the KDF and MAC.
  package let hash: HashFunctionName
  /// The signature scheme of its credentials.
  package let signature: SignatureScheme

  private init(
    _ suite: CipherSuite, _ name: String, kem: HPKEKEM, kdf: HPKEKDF, aead: HPKEAEAD,
    hash: HashFunctionName, signature: SignatureScheme
  ) {
    self.suite = suite
    self.name = name
    hpke = HPKESuite(kem: kem, kdf: kdf, aead: aead)
    self.hash = hash
    self.signature = signature
  }

  package static let all: [CipherSuiteAlgorithms] = [
    .init(
      .xWingAES256Ed25519, "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
      kem: .xWing, kdf: .hkdfSHA384, aead: .aes256GCM, hash: .sha384, signature: .ed25519),
    .init(
      .xWingAES256MLDSA65, "MLS_192_MLKEM768X25519_AES256GCM_SHA384_MLDSA65",
      kem: .xWing, kdf: .hkdfSHA384, aead: .aes256GCM, hash: .sha384, signature: .mlDSA65),
    .init(
      .xWingAES128Ed25519, "MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519",
      kem: .xWing, kdf: .hkdfSHA256, aead: .aes128GCM, hash: .sha256, signature: .ed25519),
    .init(
      .x25519AES128Ed25519, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
      kem: .x25519, kdf: .hkdfSHA256, aead: .aes128GCM, hash: .sha256, signature: .ed25519),
    .init(
      .x25519ChaCha20Ed25519, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
      kem: .x25519, kdf: .hkdfSHA256, aead: .chaCha20Poly1305, hash: .sha256, signature: .ed25519),
    .init(
      .p256AES128, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
      kem: .p256, kdf: .hkdfSHA256, aead: .aes128GCM, hash: .sha256, signature: .ecdsaP256SHA256),
    .init(
      .p384AES256, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
      kem: .p384, kdf: .hkdfSHA384, aead: .aes256GCM, hash: .sha384, signature: .ecdsaP384SHA384),
    .init(
      .p521AES256, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
      kem: .p521, kdf: .hkdfSHA512, aead: .aes256GCM, hash: .sha512, signature: .ecdsaP521SHA512),
  ]

  package static let bySuite = Dictionary(uniqueKeysWithValues: all.map { ($0.suite, $0) })
}

extension CipherSuiteAlgorithms {
  /// The size in bytes of a hash, of a MAC and of every secret of the key schedule: `KDF.Nh`.
  package var hashByteCount: Int { hash.digestByteCount }

  /// The AEAD's key size in bytes: `AEAD.Nk`.
  package var aeadKeyByteCount: Int {
    aead.keyByteCount
  }

  /// The AEAD's nonce size in bytes: `AEAD.Nn`.
  package var aeadNonceByteCount: Int { aead.nonceByteCount }

  /// The AEAD's tag size in bytes.
  package var aeadTagByteCount: Int { aead.tagByteCount }

  /// `0` as the key schedule has it: `KDF.Nh` zero bytes. RFC 9420 section 8.
  package var zeroSecret: SecretKey { SecretKey(copying: [UInt8](repeating: 0, count: hashByteCount)) }

  /// A fresh secret of `KDF.Nh` bytes.
  package func randomSecret() -> SecretKey { SecretKey(random: hashByteCount) }
}
