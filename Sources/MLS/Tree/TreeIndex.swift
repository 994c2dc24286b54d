/// What is asked of all nodes at once, kept beside them so that a commit need not visit each.
struct TreeIndex: Sendable {
  private var encryptionKeys: KeyIndex
  private var signatureKeys: KeyIndex
  /// How many members there are.
  private(set) var memberCount = 0
  private var credentials: [CredentialType: CredentialUse] = [:]

  private struct CredentialUse: Sendable {
    var holders = 0
    var supporters = 0
  }

  /// Of a blank tree: of another size, it is made anew.
  init(_ leafCount: LeafCount) {
    encryptionKeys = KeyIndex(leafCount.nodeCount)
    signatureKeys = KeyIndex(leafCount.value)
  }

  mutating func replace(_ former: LeafNode?, by leaf: LeafNode?, at index: LeafIndex) {
    if let former {
      encryptionKeys.remove(former.encryptionKey.bytes, at: 2 * index.place)
      signatureKeys.remove(former.signatureKey.bytes, at: index.place)
      count(former, -1)
    }
    if let leaf {
      encryptionKeys.insert(leaf.encryptionKey.bytes, at: 2 * index.place)
      signatureKeys.insert(leaf.signatureKey.bytes, at: index.place)
      count(leaf, 1)
    }
  }

  mutating func replace(_ former: ParentNode?, by parent: ParentNode?, at node: NodeIndex) {
    guard former?.encryptionKey != parent?.encryptionKey else { return }
    if let former { encryptionKeys.remove(former.encryptionKey.bytes, at: node.place) }
    if let parent { encryptionKeys.insert(parent.encryptionKey.bytes, at: node.place) }
  }

  private mutating func count(_ leaf: LeafNode, _ change: Int) {
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

  /// The few nodes whose encryption key may be this one.
  func nodes(like key: HPKEPublicKey) -> [NodeIndex] {
    encryptionKeys.places(like: key.bytes).map { NodeIndex(Int($0)) }
  }

  /// The few leaves whose signature key may be this one.
  func leaves(like key: SignaturePublicKey) -> [LeafIndex] {
    signatureKeys.places(like: key.bytes).map { LeafIndex($0) }
  }
}

/// Where keys stand, by their last bytes: those of a curve's point, and of the other keys, are as good as random. Who
/// makes keys that end alike makes this slower, and nothing else.
private struct KeyIndex: Sendable {
  private static let keysInBucket = 256

  /// As many as a power of two: the last bytes of each key, and its place.
  private var buckets: [[Entry]]

  private struct Entry: Equatable {
    let mark: UInt32
    let place: UInt32
  }

  /// With room for the keys of as many nodes.
  init(_ nodeCount: Int) {
    let count = LeafCount(holding: max(1, nodeCount / Self.keysInBucket)).value
    buckets = Array(repeating: [], count: count)
  }

  private func mark(_ key: [UInt8]) -> UInt32 { key.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } }

  private func bucket(_ mark: UInt32) -> Int { Int(mark) & (buckets.count - 1) }

  mutating func insert(_ key: [UInt8], at place: Int) {
    let mark = mark(key)
    buckets[bucket(mark)].append(Entry(mark: mark, place: UInt32(truncatingIfNeeded: place)))
  }

  mutating func remove(_ key: [UInt8], at place: Int) {
    let mark = mark(key)
    let bucket = bucket(mark)
    let entry = Entry(mark: mark, place: UInt32(truncatingIfNeeded: place))
    guard let index = buckets[bucket].firstIndex(of: entry) else { return }
    buckets[bucket].swapAt(index, buckets[bucket].count - 1)
    buckets[bucket].removeLast()
  }

  func places(like key: [UInt8]) -> [UInt32] {
    let mark = mark(key)
    return buckets[bucket(mark)].compactMap { $0.mark == mark ? $0.place : nil }
  }
}
