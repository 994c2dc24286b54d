/// The key schedule and what follows from it. RFC 9180 sections 5.1 and 5.2. Only `Sender` and `Recipient`,
/// which cannot be copied, hold one: a copy would use a nonce twice.
struct HPKEContext: Sendable {
  private let suite: HPKESuite
  private let key: SecretKey
  private let baseNonce: [UInt8]
  private let exporterSecret: SecretKey
  private var sequence: UInt64 = 0

  init(
    _ suite: HPKESuite, sharedSecret: SecretKey, info: [UInt8], preSharedKey: HPKE.PreSharedKey?
  ) throws(HPKEError) {
    let kdf = LabeledKDF(suiteID: suite.suiteID, hash: suite.kdf.hash)
    let none = SecretKey(copying: [])
    let nameHash = kdf.extract(
      salt: [], label: "psk_id_hash", SecretKey(copying: preSharedKey?.identifier ?? []))
    let infoHash = kdf.extract(salt: [], label: "info_hash", SecretKey(copying: info))
    let mode: UInt8 = preSharedKey == nil ? 0 : 1
    let context = [mode] + nameHash.exportRawBytes() + infoHash.exportRawBytes()
    let secret = sharedSecret.withBytes { salt in
      kdf.extract(
        salt: salt.array(0..<salt.byteCount), label: "secret", preSharedKey?.secret ?? none)
    }
    self.suite = suite
    let keyByteCount = suite.aead.algorithm?.keyByteCount ?? 0
    key = try kdf.expand(secret, label: "key", info: context, byteCount: keyByteCount)
    baseNonce = try kdf.expand(
      secret, label: "base_nonce", info: context,
      byteCount: suite.aead.algorithm?.nonceByteCount ?? 0
    ).exportRawBytes()
    exporterSecret = try kdf.expand(
      secret, label: "exp", info: context, byteCount: suite.kdf.hash.digestByteCount)
  }

  private var nonce: [UInt8] {
    var nonce = baseNonce
    for index in 0..<8 { nonce[4 + index] ^= UInt8(truncatingIfNeeded: sequence >> (56 - 8 * index)) }
    return nonce
  }

  private mutating func advance() throws(HPKEError) {
    guard sequence < .max else { throw .messageLimitReached }
    sequence += 1
  }

  private func algorithm() throws(HPKEError) -> any AEAD.Type {
    guard let algorithm = suite.aead.algorithm else { throw .exportOnly }
    guard sequence < .max else { throw .messageLimitReached }
    return algorithm
  }

  mutating func seal(_ plaintext: [UInt8], authenticating: [UInt8]) throws(HPKEError) -> [UInt8] {
    let algorithm = try algorithm()
    guard
      let sealed = try? algorithm.seal(
        plaintext, using: key, nonce: nonce, authenticating: authenticating)
    else { throw .invalidKey }
    try advance()
    return sealed
  }

  mutating func seal(_ secret: SecretKey, authenticating: [UInt8]) throws(HPKEError) -> [UInt8] {
    let algorithm = try algorithm()
    guard
      let sealed = try? algorithm.sealSecret(
        secret, using: key, nonce: nonce, authenticating: authenticating)
    else { throw .invalidKey }
    try advance()
    return sealed
  }

  mutating func open(_ ciphertext: [UInt8], authenticating: [UInt8]) throws(HPKEError) -> [UInt8] {
    let algorithm = try algorithm()
    guard
      let plaintext = try? algorithm.open(
        ciphertext, using: key, nonce: nonce, authenticating: authenticating)
    else { throw .openFailed }
    try advance()
    return plaintext
  }

  mutating func openSecret(
    _ ciphertext: [UInt8], authenticating: [UInt8]
  ) throws(HPKEError) -> SecretKey {
    let algorithm = try algorithm()
    guard
      let secret = try? algorithm.openSecret(
        ciphertext, using: key, nonce: nonce, authenticating: authenticating)
    else { throw .openFailed }
    try advance()
    return secret
  }

  func export(_ exporter: [UInt8], _ byteCount: Int) throws(HPKEError) -> SecretKey {
    try LabeledKDF(suiteID: suite.suiteID, hash: suite.kdf.hash).expand(
      exporterSecret, label: "sec", info: exporter, byteCount: byteCount)
  }
}
