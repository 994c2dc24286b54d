/// What is asked of all nodes at once, kept beside them so that a commit need not visit each.
struct TreeIndex: Sendable {
  /// Some bytes of the encryption key of every node, by its place, and of the signature key of every leaf. Keys that are
  /// equal have equal ones; a blank node has zero.
  private var encryptionMarks: [UInt32]
  private var signatureMarks: [UInt32]
  /// How many members there are.
  private(set) var memberCount = 0
  private var credentials: [CredentialType: CredentialUse] = [:]

  private struct CredentialUse: Sendable {
    var holders = 0
    var supporters = 0
  }

  init(_ leafCount: LeafCount) {
    encryptionMarks = Array(repeating: 0, count: leafCount.nodeCount)
    signatureMarks = Array(repeating: 0, count: leafCount.value)
  }

  mutating func resize(to leafCount: LeafCount) {
    encryptionMarks.resize(to: leafCount.nodeCount)
    signatureMarks.resize(to: leafCount.value)
  }

  mutating func replace(_ former: LeafNode?, by leaf: LeafNode?, at index: LeafIndex) {
    encryptionMarks[2 * index.place] = mark(leaf?.encryptionKey.bytes)
    signatureMarks[index.place] = mark(leaf?.signatureKey.bytes)
    count(former, -1)
    count(leaf, 1)
  }

  mutating func replace(by parent: ParentNode?, at node: NodeIndex) {
    encryptionMarks[node.place] = mark(parent?.encryptionKey.bytes)
  }

  private mutating func count(_ leaf: LeafNode?, _ change: Int) {
    guard let leaf else { return }
    memberCount += change
    credentials[leaf.credential.type, default: CredentialUse()].holders += change
    let supported = leaf.capabilities.credentials
    for (place, type) in supported.enumerated() where !supported[..<place].contains(type) {
      credentials[type, default: CredentialUse()].supporters += change
    }
  }

  /// The types of credentials that members have.
  var credentialTypesInUse: [CredentialType] {
    credentials.compactMap { $0.value.holders > 0 ? $0.key : nil }
  }

  /// Whether every member supports a type of credentials.
  func isSupportedByAll(_ type: CredentialType) -> Bool {
    (credentials[type]?.supporters ?? 0) == memberCount
  }

  /// The nodes, blank ones too, whose encryption key may be one of some keys.
  func nodes(like keys: KeyMarks) -> [NodeIndex] { keys.places(in: encryptionMarks).map { NodeIndex($0) } }

  /// The leaves, blank ones too, whose signature key may be one of some keys.
  func leaves(like keys: KeyMarks) -> [LeafIndex] {
    keys.places(in: signatureMarks).compactMap { LeafIndex(exactly: $0) }
  }
}

/// Marks of a few keys, to find them among very many.
struct KeyMarks {
  private var isMarked = [Bool](repeating: false, count: 1 << 12)

  mutating func insert(_ key: [UInt8]) { isMarked[Int(mark(key)) & 0xfff] = true }

  fileprivate func places(in marks: [UInt32]) -> [Int] {
    marks.indices.filter { isMarked[Int(marks[$0]) & 0xfff] }
  }
}

/// The last bytes of a key: those of a curve's point and of the other keys are as good as random.
private func mark(_ key: [UInt8]?) -> UInt32 {
  guard let key else { return 0 }
  return key.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
}

extension [UInt32] {
  fileprivate mutating func resize(to count: Int) {
    if count < self.count {
      removeLast(self.count - count)
    } else {
      append(contentsOf: repeatElement(0, count: count - self.count))
    }
  }
}
