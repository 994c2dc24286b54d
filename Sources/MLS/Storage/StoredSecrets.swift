internal import CryptoCore
internal import TLSCodec

// The stored form of secrets: what is written here leaves the memory that is wiped, on purpose.
extension SecretKey {
  func store(in writer: inout TLSWriter) { writer.write(opaque: exportRawBytes()) }

  convenience init(storedIn reader: inout TLSReader) throws(TLSError) {
    self.init(copying: try reader.readOpaque())
  }
}

extension EpochSecrets {
  private static let fields: [any WritableKeyPath<EpochSecrets, SecretKey> & Sendable] = [
    \.senderDataSecret, \.exporterSecret, \.epochAuthenticator, \.externalSecret, \.confirmationKey,
    \.membershipKey, \.resumptionPSK, \.initSecret,
  ]

  func store(in writer: inout TLSWriter) {
    for field in Self.fields { self[keyPath: field].store(in: &writer) }
  }

  init(storedIn reader: inout TLSReader, _ suite: CipherSuiteAlgorithms) throws(TLSError) {
    self.init(epochSecret: suite.zeroSecret, suite)
    encryptionSecret = SecretKey(copying: [])
    applicationExportSecret = SecretKey(copying: [])
    for field in Self.fields { self[keyPath: field] = try SecretKey(storedIn: &reader) }
  }
}

extension HPKEKeyPair {
  func store(in writer: inout TLSWriter) { privateKeyBytes.store(in: &writer) }

  init(storedIn reader: inout TLSReader, _ suite: CipherSuiteAlgorithms) throws(TLSError) {
    let secret = try SecretKey(storedIn: &reader)
    do throws(CipherSuiteError) { try self.init(privateKey: secret, suite) } catch { throw .invalidValue }
  }
}

extension TreePrivateKeys {
  func store(in writer: inout TLSWriter) {
    leaf.encode(to: &writer)
    leafKey.store(in: &writer)
    writer.write(UInt32(truncatingIfNeeded: parents.count))
    for (node, key) in parents.sorted(by: { $0.key < $1.key }) {
      writer.write(UInt64(node.place))
      key.store(in: &writer)
    }
  }

  init(storedIn reader: inout TLSReader, _ suite: CipherSuiteAlgorithms) throws(TLSError) {
    let leaf = try LeafIndex(from: &reader)
    self.init(leaf: leaf, leafKey: try HPKEKeyPair(storedIn: &reader, suite))
    for _ in 0..<(try reader.read(UInt32.self)) {
      guard let place = Int(exactly: try reader.read(UInt64.self)) else { throw .invalidValue }
      keep(try HPKEKeyPair(storedIn: &reader, suite), at: NodeIndex(place))
    }
  }
}

extension HashRatchet {
  func store(in writer: inout TLSWriter) {
    secret.store(in: &writer)
    writer.write(generation)
    writer.write(UInt32(truncatingIfNeeded: kept.count))
    for key in kept.values.sorted(by: { $0.generation < $1.generation }) {
      writer.write(key.generation)
      key.keyAndNonce.store(in: &writer)
    }
  }

  init(storedIn reader: inout TLSReader) throws(TLSError) {
    let secret = try SecretKey(storedIn: &reader)
    let generation = try reader.read(UInt32.self)
    var kept: [UInt32: MessageKey] = [:]
    for _ in 0..<(try reader.read(UInt32.self)) {
      let generation = try reader.read(UInt32.self)
      kept[generation] = MessageKey(keyAndNonce: try SecretKey(storedIn: &reader), generation: generation)
    }
    self.init(secret: secret, generation: generation, kept: kept)
  }
}

extension SecretTree.LeafRatchets {
  func store(in writer: inout TLSWriter) {
    handshake.store(in: &writer)
    application.store(in: &writer)
  }

  init(storedIn reader: inout TLSReader) throws(TLSError) {
    self.init(
      handshake: try HashRatchet(storedIn: &reader), application: try HashRatchet(storedIn: &reader))
  }
}
