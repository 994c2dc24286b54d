import TLSCodec
import Testing

@testable import MLS

@Suite("What is kept beside a ratchet tree")
struct TreeIndexTests {
  private let suite = Parties.suite

  private func leaf(_ number: UInt64, credentials: [CredentialType]) -> LeafNode {
    LeafNode(
      encryptionKey: HPKEPublicKey(bytes: [1] + number.encoded),
      signatureKey: SignaturePublicKey(bytes: [2] + number.encoded),
      credential: number.isMultiple(of: 5) ? .basic([]) : .x509(certificates: []),
      capabilities: Capabilities(
        versions: [], cipherSuites: [], extensions: [], proposals: [], credentials: credentials),
      source: .update, extensions: [])
  }

  /// A tree in which members came, went and changed at random, and parents too.
  private func tree(_ steps: Int, seed: UInt64) throws -> RatchetTree {
    var random = SplitMix64(state: seed)
    let lists: [[CredentialType]] = [[.basic, .x509], [.x509, .basic, .x509], [.basic], []]
    var tree = RatchetTree(creator: leaf(0, credentials: lists[0]), hash: try suite.algorithms())
    for step in 1...steps {
      let new = leaf(
        UInt64(step), credentials: lists[Int.random(in: 0..<(step < 40 ? 2 : 4), using: &random)])
      let place = LeafIndex(UInt32.random(in: 0..<UInt32(tree.leafCount.value), using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where tree[place] != nil && tree.index.memberCount > 1: tree.remove(place)
      case 1 where tree[place] != nil: tree.update(place, to: new)
      case 2:
        let parent = NodeIndex(place).parent
        tree[parent: parent] = ParentNode(encryptionKey: HPKEPublicKey(bytes: [3] + UInt64(step).encoded))
      default: _ = try tree.add(new)
      }
    }
    return tree
  }

  @Test(arguments: UInt64(1)...3)
  func `after any changes it says what a look at every node says`(seed: UInt64) throws {
    for steps in [1, 30, 120] {
      let tree = try tree(steps, seed: seed)
      let leaves = tree.members.map(\.leaf)
      #expect(tree.index.memberCount == leaves.count)
      #expect(Set(tree.index.credentialTypesInUse) == Set(leaves.map(\.credential.type)))
      for type in [CredentialType.basic, .x509, CredentialType(rawValue: 7)] {
        #expect(tree.index.isSupportedByAll(type) == leaves.allSatisfy { $0.capabilities.supports(type) })
      }
      for place in 0..<tree.leafCount.nodeCount {
        let node = NodeIndex(place)
        guard let key = tree.encryptionKey(of: node) else { continue }
        #expect(tree.index.nodes(like: key) == [node])
      }
      for (index, leaf) in tree.members {
        #expect(tree.index.leaves(like: leaf.signatureKey) == [index])
      }
      try compareResolutions(tree)
    }
  }

  /// The rule of RFC 9420 section 4.1.1, without any knowledge of which part of the tree is blank.
  private func compareResolutions(_ tree: RatchetTree) throws {
    func plain(_ node: NodeIndex) -> [NodeIndex] {
      if let leaf = node.leaf { return tree[leaf] == nil ? [] : [node] }
      if let parent = tree[parent: node] { return [node] + parent.unmergedLeaves.map { NodeIndex($0) } }
      return plain(node.left) + plain(node.right)
    }
    for place in 0..<tree.leafCount.nodeCount {
      let node = NodeIndex(place)
      #expect(tree.resolution(of: node) == plain(node))
      #expect(tree.isResolutionEmpty(node) == plain(node).isEmpty)
    }
  }

  @Test(arguments: UInt64(1)...4)
  func `an array in chunks is an array, and a copy is another`(seed: UInt64) {
    var random = SplitMix64(state: seed)
    var plain: [Int] = Array(0..<Int.random(in: 0..<50, using: &random))
    var chunked = ChunkedArray(plain)
    for step in 0..<400 {
      let (former, formerPlain) = (chunked, plain)
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        let count = Int.random(in: 0..<40, using: &random)
        chunked.append(repeating: step, count: count)
        plain += Array(repeating: step, count: count)
      case 1:
        let count = Int.random(in: 0...min(36, plain.count), using: &random)
        chunked.removeLast(count)
        plain.removeLast(count)
      default:
        guard let place = plain.indices.randomElement(using: &random) else { continue }
        chunked[place] = -step
        plain[place] = -step
      }
      #expect(elements(chunked) == plain)
      #expect(elements(former) == formerPlain)
    }
  }

  private func elements(_ array: ChunkedArray<Int>) -> [Int] {
    var elements: [Int] = []
    array.forEach { place, element in
      #expect(place == elements.count && array[place] == element)
      elements.append(element)
    }
    #expect(elements.count == array.count)
    return elements
  }
}
