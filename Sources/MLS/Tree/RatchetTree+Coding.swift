internal import TLSCodec

// RFC 9420 section 12.4.3.3: `optional<Node> ratchet_tree<V>`.
extension RatchetTree {
  /// The content of a `ratchet_tree` extension: the nodes from left to right, without the blank ones at the
  /// end.
  package var encoded: [UInt8] {
    var last = root.place
    for place in stride(from: leafCount.nodeCount - 1, through: 0, by: -1) where !isBlank(NodeIndex(place)) {
      last = place
      break
    }
    var writer = TLSWriter(reserving: 256 * leafCount.value)
    writer.writeVector { inner in
      for place in 0...last { encode(NodeIndex(place), to: &inner) }
    }
    return writer.bytes
  }

  private func encode(_ node: NodeIndex, to writer: inout TLSWriter) {
    if let leaf = node.leaf, let member = self[leaf] {
      writer.write(UInt8(1))
      Node.leaf(member).encode(to: &writer)
    } else if let parent = self[parent: node] {
      writer.write(UInt8(1))
      Node.parent(parent).encode(to: &writer)
    } else {
      writer.write(UInt8(0))
    }
  }

  /// Reads the content of a `ratchet_tree` extension. Leaves stand at even places and parents at odd ones, and
  /// the last node is not blank.
  package init(decoding bytes: [UInt8], hash: CipherSuiteAlgorithms) throws(GroupError) {
    let nodes: DecodedNodes
    do throws(TLSError) { nodes = try DecodedNodes(bytes) } catch { throw .malformed(error) }
    guard !nodes.isMisplaced else { throw .invalid(.nodeOfWrongType) }
    guard nodes.endsFilled else { throw .invalid(.treeEndsBlank) }
    let leafCount = LeafCount(holding: max(nodes.leaves.count, nodes.parents.count + 1))
    self.init(leaves: nodes.leaves, parents: nodes.parents, leafCount, hash: hash)
  }
}

/// The nodes of a `ratchet_tree`, one by one into their arrays.
private struct DecodedNodes {
  /// More blank nodes than this and eight for each other one are not taken: a blank node is one byte on the
  /// wire, and fifty in memory.
  private static let toleratedBlankCount = 1 << 17

  private(set) var leaves: [LeafNode?] = []
  private(set) var parents: [ParentNode?] = []
  private(set) var endsFilled = false
  private(set) var isMisplaced = false
  private var capabilities = SharedCapabilities()

  init(_ bytes: [UInt8]) throws(TLSError) {
    var outer = TLSReader(bytes)
    var reader = try outer.readVector()
    try outer.finish()
    var (place, filledCount) = (0, 0)
    while !reader.isAtEnd {
      let node = try Node?(from: &reader)
      endsFilled = node != nil
      filledCount += endsFilled ? 1 : 0
      guard place - filledCount <= Self.toleratedBlankCount + 8 * filledCount else { throw .lengthTooLong }
      append(node, isLeaf: place.isMultiple(of: 2))
      place += 1
    }
  }

  private mutating func append(_ node: Node?, isLeaf: Bool) {
    switch node {
    case nil: if isLeaf { leaves.append(nil) } else { parents.append(nil) }
    case .leaf(var leaf):
      guard isLeaf else { return isMisplaced = true }
      capabilities.share(&leaf.capabilities)
      leaves.append(leaf)
    case .parent(let parent):
      guard !isLeaf else { return isMisplaced = true }
      parents.append(parent)
    }
  }
}

/// Members mostly have the same capabilities, but for GREASE: one copy of each list serves all who have it.
private struct SharedCapabilities {
  private var versions: Set<[ProtocolVersion]> = []
  private var cipherSuites: Set<[CipherSuite]> = []
  private var extensions: Set<[ExtensionType]> = []
  private var proposals: Set<[ProposalType]> = []
  private var credentials: Set<[CredentialType]> = []

  mutating func share(_ own: inout Capabilities) {
    own.versions = versions.insert(own.versions).memberAfterInsert
    own.cipherSuites = cipherSuites.insert(own.cipherSuites).memberAfterInsert
    own.extensions = extensions.insert(own.extensions).memberAfterInsert
    own.proposals = proposals.insert(own.proposals).memberAfterInsert
    own.credentials = credentials.insert(own.credentials).memberAfterInsert
  }
}
