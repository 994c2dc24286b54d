/// Hybrid public key encryption: base and psk modes. RFC 9180.
public enum HPKE {
  /// A secret that both sides hold already, and its name. RFC 9180 section 5.1.2.
  public struct PreSharedKey: Sendable {
    let secret: SecretKey
    let identifier: [UInt8]

    /// - Throws: `HPKEError.invalidPreSharedKey` for fewer than 32 bytes, or no name.
    public init(_ secret: SecretKey, identifier: [UInt8]) throws(HPKEError) {
      guard secret.byteCount >= 32, !identifier.isEmpty else { throw .invalidPreSharedKey }
      self.secret = secret
      self.identifier = identifier
    }
  }

  /// Seals one message to a public key: `enc || ciphertext`. RFC 9180 section 6.1.
  public static func seal(
    _ plaintext: [UInt8], to key: HPKEPublicKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    var sender = try Sender(to: key, suite: suite, info: info)
    return try sender.encapsulatedKey + sender.seal(plaintext, authenticating: authenticating)
  }

  /// Opens one message that was sealed to a public key. RFC 9180 section 6.1.
  public static func open(
    _ sealed: [UInt8], with key: HPKEPrivateKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    let (encapsulated, ciphertext) = try split(sealed, suite)
    var recipient = try Recipient(encapsulated, with: key, suite: suite, info: info)
    return try recipient.open(ciphertext, authenticating: authenticating)
  }

  /// Seals a secret to a public key: `enc || ciphertext`.
  package static func sealSecret(
    _ secret: SecretKey, to key: HPKEPublicKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> [UInt8] {
    var sender = try Sender(to: key, suite: suite, info: info)
    return try sender.encapsulatedKey + sender.context.seal(secret, authenticating: authenticating)
  }

  /// Opens a secret that was sealed to a public key.
  package static func openSecret(
    _ sealed: [UInt8], with key: HPKEPrivateKey, suite: HPKESuite, info: [UInt8],
    authenticating: [UInt8]
  ) throws(HPKEError) -> SecretKey {
    let (encapsulated, ciphertext) = try split(sealed, suite)
    var recipient = try Recipient(encapsulated, with: key, suite: suite, info: info)
    return try recipient.context.openSecret(ciphertext, authenticating: authenticating)
  }

  private static func split(
    _ sealed: [UInt8], _ suite: HPKESuite
  ) throws(HPKEError) -> ([UInt8], [UInt8]) {
    let byteCount = suite.kem.encapsulatedByteCount
    guard sealed.count >= byteCount else { throw .openFailed }
    return (Array(sealed[..<byteCount]), Array(sealed[byteCount...]))
  }

  /// Seals messages to one recipient, in order. RFC 9180 section 5.2.
  public struct Sender: ~Copyable, Sendable {
    /// What the recipient needs to open them.
    public let encapsulatedKey: [UInt8]
    var context: HPKEContext

    /// Sets up a context for the owner of a public key.
    public init(
      to key: HPKEPublicKey, suite: HPKESuite, info: [UInt8], preSharedKey: PreSharedKey? = nil
    ) throws(HPKEError) {
      try self.init(to: key, suite: suite, info: info, preSharedKey: preSharedKey, ephemeral: nil)
    }

    /// With a chosen ephemeral key, for vectors; only for KEMs that have one.
    package init(
      to key: HPKEPublicKey, suite: HPKESuite, info: [UInt8], preSharedKey: PreSharedKey?,
      ephemeral: HPKEPrivateKey?
    ) throws(HPKEError) {
      try self.init(
        to: key, KeyScheduleContext(suite, info: info, preSharedKey: preSharedKey), ephemeral: ephemeral)
    }

    /// Sets up a context for one of several recipients.
    package init(
      to key: HPKEPublicKey, _ schedule: KeyScheduleContext, ephemeral: HPKEPrivateKey? = nil
    ) throws(HPKEError) {
      guard key.kem == schedule.suite.kem else { throw .invalidKey }
      let (secret, encapsulated) = try KEM.encapsulate(to: key, ephemeral: ephemeral)
      let context = try HPKEContext(schedule, sharedSecret: secret)
      encapsulatedKey = encapsulated
      self.context = context
    }

    /// Seals the next message.
    public mutating func seal(
      _ plaintext: [UInt8], authenticating: [UInt8]
    ) throws(HPKEError) -> [UInt8] {
      try context.seal(plaintext, authenticating: authenticating)
    }

    /// Seals a secret as the next message.
    package mutating func sealSecret(
      _ secret: SecretKey, authenticating: [UInt8]
    ) throws(HPKEError) -> [UInt8] {
      try context.seal(secret, authenticating: authenticating)
    }

    /// A secret for another use. RFC 9180 section 5.3.
    public func export(context exporter: [UInt8], byteCount: Int) throws(HPKEError) -> SecretKey {
      try context.export(exporter, byteCount)
    }
  }

  /// Opens messages from one sender, in order. RFC 9180 section 5.2.
  public struct Recipient: ~Copyable, Sendable {
    var context: HPKEContext

    /// Sets up the context that the sender's encapsulated key is for.
    public init(
      _ encapsulatedKey: [UInt8], with key: HPKEPrivateKey, suite: HPKESuite, info: [UInt8],
      preSharedKey: PreSharedKey? = nil
    ) throws(HPKEError) {
      guard key.kem == suite.kem else { throw .invalidKey }
      let secret = try KEM.decapsulate(encapsulatedKey, with: key)
      context = try HPKEContext(
        KeyScheduleContext(suite, info: info, preSharedKey: preSharedKey), sharedSecret: secret)
    }

    /// Opens the next message; one that does not open leaves the context as it was.
    public mutating func open(
      _ ciphertext: [UInt8], authenticating: [UInt8]
    ) throws(HPKEError) -> [UInt8] {
      try context.open(ciphertext, authenticating: authenticating)
    }

    /// Opens the next message, which is a secret.
    package mutating func openSecret(
      _ ciphertext: [UInt8], authenticating: [UInt8]
    ) throws(HPKEError) -> SecretKey {
      try context.openSecret(ciphertext, authenticating: authenticating)
    }

    /// A secret for another use. RFC 9180 section 5.3.
    public func export(context exporter: [UInt8], byteCount: Int) throws(HPKEError) -> SecretKey {
      try context.export(exporter, byteCount)
    }
  }

  /// Encap and Decap. RFC 9180 section 4.1.
  private enum KEM {
    static func encapsulate(
      to key: HPKEPublicKey, ephemeral: HPKEPrivateKey?
    ) throws(HPKEError) -> (SecretKey, [UInt8]) {
      guard key.kem != .xWing else {
        guard let result = try? XWing.PublicKey(bytes: key.bytes).encapsulate() else {
          throw .invalidKey
        }
        return (result.sharedSecret, result.encapsulated)
      }
      let pair: HPKEPrivateKey
      if let ephemeral { pair = ephemeral } else { pair = try .generate(key.kem) }
      let encapsulated = pair.publicKey.bytes
      let secret = try pair.agree(with: key.bytes)
      return (try expand(secret, encapsulated + key.bytes, key.kem), encapsulated)
    }

    static func decapsulate(
      _ encapsulated: [UInt8], with key: HPKEPrivateKey
    ) throws(HPKEError) -> SecretKey {
      guard encapsulated.count == key.kem.encapsulatedByteCount else { throw .openFailed }
      guard key.kem != .xWing else { return try key.decapsulateXWing(encapsulated) }
      let secret: SecretKey
      do throws(HPKEError) { secret = try key.agree(with: encapsulated) } catch { throw .openFailed }
      return try expand(secret, encapsulated + key.publicKey.bytes, key.kem)
    }

    /// ExtractAndExpand.
    private static func expand(
      _ secret: SecretKey, _ context: [UInt8], _ kem: HPKEKEM
    ) throws(HPKEError) -> SecretKey {
      let kdf = LabeledKDF(of: kem)
      let pseudoRandomKey = kdf.extract(label: "eae_prk", secret)
      return try kdf.expand(
        pseudoRandomKey, label: "shared_secret", info: context, byteCount: kem.hash.digestByteCount)
    }
  }
}
