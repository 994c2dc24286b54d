internal import CryptoCore
internal import TLSCodec

/// The key of a record of a group.
enum RecordKey: Hashable, Sendable {
  /// The epochs, without their secret trees.
  case state
  /// What waits within the epoch.
  case waiting
  /// What is left of the epoch's exporter tree.
  case exporter
  /// A secret of a node of an epoch's secret tree.
  case node(epoch: UInt64, NodeIndex)
  /// The ratchets of a sender in an epoch.
  case ratchets(epoch: UInt64, LeafIndex)

  var bytes: [UInt8] {
    var writer = TLSWriter(reserving: 17)
    switch self {
    case .state: writer.write(UInt8(1))
    case .waiting: writer.write(UInt8(2))
    case .exporter: writer.write(UInt8(5))
    case .node(let epoch, let node):
      writer.write(UInt8(3))
      writer.write(epoch)
      writer.write(UInt64(node.place))
    case .ratchets(let epoch, let leaf):
      writer.write(UInt8(4))
      writer.write(epoch)
      leaf.encode(to: &writer)
    }
    return writer.bytes
  }

  init(bytes: [UInt8]) throws(TLSError) {
    var reader = TLSReader(bytes)
    switch try reader.read(UInt8.self) {
    case 1: self = .state
    case 2: self = .waiting
    case 3:
      let epoch = try reader.read(UInt64.self)
      guard let place = Int(exactly: try reader.read(UInt64.self)) else { throw .invalidValue }
      self = .node(epoch: epoch, NodeIndex(place))
    case 4: self = .ratchets(epoch: try reader.read(), try LeafIndex(from: &reader))
    case 5: self = .exporter
    default: throw .unknownValue
    }
    try reader.finish()
  }
}

/// The secret trees of a group's epochs, as records.
struct StoredSecretTrees {
  private var nodes: [UInt64: [NodeIndex: SecretKey]] = [:]
  private var leaves: [UInt64: [LeafIndex: SecretTree.LeafRatchets]] = [:]

  /// Takes the records that are parts of secret trees; gives the others back.
  init(_ records: [GroupRecord], others: inout [RecordKey: [UInt8]]) throws(TLSError) {
    for record in records {
      let key = try RecordKey(bytes: record.key)
      switch key {
      case .node(let epoch, let node):
        nodes[epoch, default: [:]][node] = SecretKey(copying: record.value)
      case .ratchets(let epoch, let leaf):
        var reader = TLSReader(record.value)
        leaves[epoch, default: [:]][leaf] = try SecretTree.LeafRatchets(storedIn: &reader)
        try reader.finish()
      case .state, .waiting, .exporter: others[key] = record.value
      }
    }
  }

  func tree(_ epoch: UInt64, _ leafCount: LeafCount, _ suite: CipherSuiteAlgorithms) -> SecretTree {
    SecretTree(leafCount: leafCount, nodes: nodes[epoch] ?? [:], leaves: leaves[epoch] ?? [:], suite)
  }
}

extension ExporterTree {
  var stored: [UInt8] {
    var writer = TLSWriter()
    writer.write(UInt32(truncatingIfNeeded: secrets.nodes.count))
    for (node, secret) in secrets.nodes.sorted(by: { $0.key < $1.key }) {
      writer.write(UInt64(node.place))
      secret.store(in: &writer)
    }
    return writer.bytes
  }

  init(stored bytes: [UInt8]) throws(TLSError) {
    var reader = TLSReader(bytes)
    var nodes: [NodeIndex: SecretKey] = [:]
    for _ in 0..<(try reader.read(UInt32.self)) {
      guard let place = Int(exactly: try reader.read(UInt64.self)) else { throw .invalidValue }
      nodes[NodeIndex(place)] = try SecretKey(storedIn: &reader)
    }
    try reader.finish()
    self.init(nodes: nodes)
  }
}

extension SecretTree {
  /// All parts of the tree, in order.
  func records(_ epoch: UInt64) -> [GroupRecord] {
    nodes.sorted { $0.key < $1.key }.map { record(of: $0.key, $0.value, epoch) }
      + leaves.sorted { $0.key < $1.key }.map { record(of: $0.key, $0.value, epoch) }
  }

  /// The parts that may have changed when a key of a leaf was used: the leaf's ratchets, and the nodes on its
  /// path and beside it.
  func records(_ epoch: UInt64, around leaf: LeafIndex) -> (written: [GroupRecord], deleted: [[UInt8]]) {
    var written: [GroupRecord] = []
    var deleted: [[UInt8]] = []
    if let ratchets = leaves[leaf] { written.append(record(of: leaf, ratchets, epoch)) }
    let node = NodeIndex(leaf)
    for node in [node] + node.directPath(in: leafCount) + node.copath(in: leafCount) {
      if let secret = nodes[node] {
        written.append(record(of: node, secret, epoch))
      } else {
        deleted.append(RecordKey.node(epoch: epoch, node).bytes)
      }
    }
    return (written, deleted)
  }

  private func record(of node: NodeIndex, _ secret: SecretKey, _ epoch: UInt64) -> GroupRecord {
    GroupRecord(key: RecordKey.node(epoch: epoch, node).bytes, value: secret.exportRawBytes())
  }

  private func record(of leaf: LeafIndex, _ ratchets: LeafRatchets, _ epoch: UInt64) -> GroupRecord {
    var writer = TLSWriter(reserving: 128)
    ratchets.store(in: &writer)
    return GroupRecord(key: RecordKey.ratchets(epoch: epoch, leaf).bytes, value: writer.bytes)
  }
}
