/// The key schedule and what follows from it. RFC 9180 sections 5.1 and 5.2. Only `Sender` and `Recipient`,
/// which cannot be copied, hold one: a copy would use a nonce twice.
struct HPKEContext: Sendable {
  private let schedule: HPKE.KeyScheduleContext
  private let secret: SecretKey
  private let key: SecretKey
  private let baseNonce: [UInt8]
  private var sequence: UInt64 = 0

  init(_ schedule: HPKE.KeyScheduleContext, sharedSecret: SecretKey) throws(HPKEError) {
    self.schedule = schedule
    let kdf = schedule.kdf
    secret = sharedSecret.withBytes { salt in
      guard let key = schedule.preSharedKey?.secret else {
        return kdf.extract(salt: salt, label: "secret", RawSpan())
      }
      return key.withBytes { kdf.extract(salt: salt, label: "secret", $0) }
    }
    let algorithm = schedule.suite.aead.algorithm
    key = try kdf.expand(
      secret, label: "key", info: schedule.bytes, byteCount: algorithm?.keyByteCount ?? 0)
    baseNonce = try kdf.expand(
      secret, label: "base_nonce", info: schedule.bytes, byteCount: algorithm?.nonceByteCount ?? 0
    ).exportRawBytes()
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
    guard let algorithm = schedule.suite.aead.algorithm else { throw .exportOnly }
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

  /// The exporter secret is derived only now: few contexts export.
  func export(_ exporter: [UInt8], _ byteCount: Int) throws(HPKEError) -> SecretKey {
    let kdf = schedule.kdf
    let exporterSecret = try kdf.expand(
      secret, label: "exp", info: schedule.bytes, byteCount: kdf.hash.digestByteCount)
    return try kdf.expand(exporterSecret, label: "sec", info: exporter, byteCount: byteCount)
  }
}
