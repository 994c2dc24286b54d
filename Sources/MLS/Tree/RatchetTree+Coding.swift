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
    var nodes: [Node?]
    do throws(TLSError) { nodes = try [Node?](decoding: bytes) } catch { throw .malformed(error) }
    guard let last = nodes.last, last != nil else { throw .invalid(.treeEndsBlank) }
    self.init(blank: LeafCount(holding: (nodes.count + 1) / 2), hash: hash)
    // Members mostly have the same capabilities: one copy of each serves all of them.
    var known: [Capabilities: Capabilities] = [:]
    for place in nodes.indices {
      switch nodes[place] {
      case nil: break
      case .leaf(var leaf):
        guard let index = NodeIndex(place).leaf else { throw .invalid(.nodeOfWrongType) }
        if let shared = known[leaf.capabilities] {
          leaf.capabilities = shared
        } else {
          known[leaf.capabilities] = leaf.capabilities
        }
        self[index] = leaf
      case .parent(let parent):
        guard !NodeIndex(place).isLeaf else { throw .invalid(.nodeOfWrongType) }
        self[parent: NodeIndex(place)] = parent
      }
      nodes[place] = nil
    }
  }
}
