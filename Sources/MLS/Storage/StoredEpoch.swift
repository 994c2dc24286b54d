internal import CryptoCore
internal import TLSCodec

// The stored form of epochs, without the secret trees and the exporter tree, which are records of their own.
extension EpochState {
  func store(in writer: inout TLSWriter) {
    context.encode(to: &writer)
    writer.write(opaque: tree.encoded)
    secrets.store(in: &writer)
    confirmationTag.encode(to: &writer)
    keys.store(in: &writer)
    signer.privateKey.store(in: &writer)
  }

  /// The epoch with its trees of secrets.
  init(
    storedIn reader: inout TLSReader, limits: RatchetLimits, exporter: ExporterTree,
    secretTree: (GroupContext, LeafCount, CipherSuiteAlgorithms) throws(TLSError) -> SecretTree
  ) throws(TLSError) {
    self.exporter = exporter
    context = try GroupContext(from: &reader)
    let suite: CipherSuiteAlgorithms
    do throws(CipherSuiteError) { suite = try context.cipherSuite.algorithms() } catch {
      throw .unknownValue
    }
    let bytes = try reader.readOpaque()
    do throws(GroupError) { tree = try RatchetTree(decoding: bytes, hash: suite) } catch {
      throw .invalidValue
    }
    secrets = try EpochSecrets(storedIn: &reader, suite)
    confirmationTag = try MAC(from: &reader)
    keys = try TreePrivateKeys(storedIn: &reader, suite)
    let signing = try SecretKey(storedIn: &reader)
    do throws(CipherSuiteError) {
      signer = try SignatureKeyPair(privateKey: signing, scheme: suite.signature)
    } catch { throw .invalidValue }
    transcript = TranscriptHash(
      confirmed: context.confirmedTranscriptHash, confirmationTag: confirmationTag, suite)
    protection = MessageProtection(
      context, senderDataSecret: secrets.senderDataSecret, membershipKey: secrets.membershipKey,
      secretTree: try secretTree(context, tree.leafCount, suite), limits: limits, suite)
  }
}

extension PastEpoch {
  func store(in writer: inout TLSWriter) {
    writer.write(epoch)
    context.encode(to: &writer)
    writer.write(UInt64(protection.secretTree.leafCount.value))
    protection.senderDataSecret.store(in: &writer)
    protection.membershipKey.store(in: &writer)
    storeFormerKeys(formerKeys, in: &writer)
  }

  init(
    storedIn reader: inout TLSReader, limits: RatchetLimits, _ suite: CipherSuiteAlgorithms,
    secretTree: (GroupContext, LeafCount, CipherSuiteAlgorithms) throws(TLSError) -> SecretTree
  ) throws(TLSError) {
    epoch = try reader.read()
    context = try GroupContext(from: &reader)
    guard let count = Int(exactly: try reader.read(UInt64.self)), count <= 1 << 31 else {
      throw .invalidValue
    }
    let senderData = try SecretKey(storedIn: &reader)
    let membership = try SecretKey(storedIn: &reader)
    formerKeys = try readFormerKeys(from: &reader)
    protection = MessageProtection(
      context, senderDataSecret: senderData, membershipKey: membership,
      secretTree: try secretTree(context, LeafCount(holding: count), suite), limits: limits, suite)
  }
}

func storeFormerKeys(_ keys: [LeafIndex: SignaturePublicKey?], in writer: inout TLSWriter) {
  writer.write(UInt32(truncatingIfNeeded: keys.count))
  for (leaf, key) in keys.sorted(by: { $0.key < $1.key }) {
    leaf.encode(to: &writer)
    key.encode(to: &writer)
  }
}

func readFormerKeys(from reader: inout TLSReader) throws(TLSError) -> [LeafIndex: SignaturePublicKey?] {
  var keys: [LeafIndex: SignaturePublicKey?] = [:]
  for _ in 0..<(try reader.read(UInt32.self)) {
    let leaf = try LeafIndex(from: &reader)
    keys.updateValue(try SignaturePublicKey?(from: &reader), forKey: leaf)
  }
  return keys
}
