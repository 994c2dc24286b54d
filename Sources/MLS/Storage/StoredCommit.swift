internal import CryptoCore
public import TLSCodec

// The stored form of what waits within an epoch: proposals, and this member's own commit.
extension CommittedProposal {
  func store(in writer: inout TLSWriter) {
    proposal.encode(to: &writer)
    sender.encode(to: &writer)
    reference.encode(to: &writer)
  }

  init(storedIn reader: inout TLSReader) throws(TLSError) {
    proposal = try Proposal(from: &reader)
    sender = try Sender(from: &reader)
    reference = try ProposalRef?(from: &reader)
  }
}

extension Group.Member: TLSCodable {
  /// Writes the place and the leaf.
  public func encode(to writer: inout TLSWriter) {
    index.encode(to: &writer)
    leaf.encode(to: &writer)
  }

  /// Reads a place and a leaf.
  public init(from reader: inout TLSReader) throws(TLSError) {
    index = try LeafIndex(from: &reader)
    leaf = try LeafNode(from: &reader)
  }
}

extension PendingCommit {
  func store(in writer: inout TLSWriter) {
    message.encode(to: &writer)
    staged.store(in: &writer)
  }

  init(storedIn reader: inout TLSReader, limits: RatchetLimits) throws(TLSError) {
    message = try MLSMessage(from: &reader)
    staged = try StagedCommit(storedIn: &reader, limits: limits)
  }
}

extension ComponentMessage {
  func store(in writer: inout TLSWriter) {
    componentID.encode(to: &writer)
    writer.write(opaque: data)
    sender.encode(to: &writer)
    credential.encode(to: &writer)
    signatureKey.encode(to: &writer)
  }

  static func list(storedIn reader: inout TLSReader) throws(TLSError) -> [ComponentMessage] {
    var messages: [ComponentMessage] = []
    for _ in 0..<(try reader.read(UInt32.self)) { messages.append(try ComponentMessage(storedIn: &reader)) }
    return messages
  }

  init(storedIn reader: inout TLSReader) throws(TLSError) {
    componentID = try ComponentID(from: &reader)
    data = try reader.readOpaque()
    sender = try Sender(from: &reader)
    credential = try Credential?(from: &reader)
    signatureKey = try SignaturePublicKey?(from: &reader)
  }
}

extension StagedCommit {
  /// Of a commit of this member's own, which always leads somewhere.
  func store(in writer: inout TLSWriter) {
    committer.encode(to: &writer)
    added.encode(to: &writer)
    removed.encode(to: &writer)
    updated.encode(to: &writer)
    preSharedKeys.encode(to: &writer)
    extensions.encode(to: &writer)
    for messages in [componentMessages, componentUpdates] {
      writer.write(UInt32(truncatingIfNeeded: messages.count))
      for message in messages { message.store(in: &writer) }
    }
    reInit.encode(to: &writer)
    writer.write(opaque: authenticatedData)
    writer.write(opaque: groupID)
    writer.write(baseEpoch)
    storeFormerKeys(formerKeys, in: &writer)
    guard let next = next.state, let root = next.protection.secretTree.nodes[next.tree.root],
      let exporterRoot = next.exporter.root
    else { return }
    exporterRoot.store(in: &writer)
    next.store(in: &writer)
    root.store(in: &writer)
  }

  init(storedIn reader: inout TLSReader, limits: RatchetLimits) throws(TLSError) {
    committer = try Sender(from: &reader)
    added = try [Group.Member](from: &reader)
    removed = try [Group.Member](from: &reader)
    updated = try [Group.Member](from: &reader)
    preSharedKeys = try [PreSharedKeyID](from: &reader)
    extensions = try [Extension]?(from: &reader)
    componentMessages = try ComponentMessage.list(storedIn: &reader)
    componentUpdates = try ComponentMessage.list(storedIn: &reader)
    reInit = try ReInit?(from: &reader)
    removesOwnMember = false
    authenticatedData = try reader.readOpaque()
    groupID = try reader.readOpaque()
    baseEpoch = try reader.read()
    formerKeys = try readFormerKeys(from: &reader)
    let exporter = ExporterTree(applicationExportSecret: try SecretKey(storedIn: &reader))
    var next = try EpochState(storedIn: &reader, limits: limits, exporter: exporter) {
      (_, count, suite) throws(TLSError) in
      SecretTree(leafCount: count, nodes: [:], leaves: [:], suite)
    }
    let root = try SecretKey(storedIn: &reader)
    next.protection.secretTree = SecretTree(
      encryptionSecret: root, leafCount: next.tree.leafCount, next.suite)
    self.next = StagedEpoch(next)
  }
}
