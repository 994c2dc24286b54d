extension HPKE {
  /// Seals a secret to a public key: `enc || ciphertext`.
  package static func sealSecret(
    _ secret: SecretKey, to key: HPKEPublicKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    var plaintext = secret.exportRawBytes()
    defer { plaintext.withMutableRawSpan { $0.zero(0..<$0.byteCount) } }
    return try seal(
      plaintext, to: key, suite: suite, info: info, authenticating: authenticating)
  }
}

extension SecretKey {
  /// Several secrets, one after the other.
  package convenience init(concatenating secrets: [SecretKey]) {
    let byteCount = secrets.reduce(0) { $0 + $1.byteCount }
    self.init(
      SecretBytes(byteCount: byteCount) { output in
        var offset = 0
        for secret in secrets {
          secret.withBytes { output.copy($0, to: offset) }
          offset += secret.byteCount
        }
      })
  }

  /// A part of a secret. The caller checks the bounds.
  package func slice(_ range: Range<Int>) -> SecretKey {
    withBytes { SecretKey(SecretBytes(copying: $0.extracting(range))) }
  }
}
