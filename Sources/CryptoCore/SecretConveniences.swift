/// Secrets in, secrets out: no plaintext array in between outlives the call.
extension XChaCha20Poly1305 {
  /// Encrypts a secret.
  package static func sealSecret(
    _ secret: SecretKey, using key: SecretKey, nonce: [UInt8], authenticating: [UInt8]
  ) throws(AEADError) -> [UInt8] {
    try seal(secret.exportRawBytes(), using: key, nonce: nonce, authenticating: authenticating)
  }

  /// Decrypts a secret.
  package static func openSecret(
    _ sealed: [UInt8], using key: SecretKey, nonce: [UInt8], authenticating: [UInt8]
  ) throws(AEADError) -> SecretKey {
    SecretKey(copying: try open(sealed, using: key, nonce: nonce, authenticating: authenticating))
  }
}

extension HPKE {
  /// Seals a secret to a public key: `enc || ciphertext`.
  package static func sealSecret(
    _ secret: SecretKey, to key: HPKEPublicKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    try seal(
      secret.exportRawBytes(), to: key, suite: suite, info: info, authenticating: authenticating)
  }

  /// Opens a secret that was sealed so.
  package static func openSecret(
    _ sealed: [UInt8], with key: HPKEPrivateKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> SecretKey {
    SecretKey(
      copying: try open(
        sealed, with: key, suite: suite, info: info, authenticating: authenticating))
  }
}

extension SecretKey {
  /// Several secrets, one after the other.
  package convenience init(concatenating secrets: [SecretKey]) {
    self.init(copying: secrets.flatMap { $0.exportRawBytes() })
  }

  /// A part of a secret. The caller checks the bounds.
  package func slice(_ range: Range<Int>) -> SecretKey {
    SecretKey(copying: Array(exportRawBytes()[range]))
  }
}
