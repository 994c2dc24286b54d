import CryptoCore
import Testing

@testable import MLS

@Suite("RFC 9420 section 9: the secret tree")
struct SecretTreeTests {
  private static let suite = CipherSuite.x25519AES128Ed25519

  private static func tree(_ leaves: Int) throws -> SecretTree {
    let suite = try suite.algorithms()
    return SecretTree(encryptionSecret: suite.randomSecret(), leafCount: LeafCount(holding: leaves), suite)
  }

  private static func key(
    _ tree: inout SecretTree, _ generation: UInt32, leaf: UInt32 = 1, limits: RatchetLimits = .default
  ) throws -> SecretKey {
    try tree.withKey(of: LeafIndex(leaf), .application, generation: generation, limits: limits) {
      $0.keyAndNonce
    }
  }

  @Test func `sender and receiver derive the same keys in any order`() throws {
    var sender = try Self.tree(5)
    var receiver = sender
    let keys = try (0..<6).map { _ in try sender.nextKey(of: LeafIndex(1), .application).keyAndNonce }
    for generation in [3, 0, 5, 1, 4, 2] {
      #expect(try Self.key(&receiver, UInt32(generation)).isEqual(to: keys[generation]))
    }
  }

  @Test func `a tree that goes on leaves a copy of it as it was`() throws {
    var tree = try Self.tree(3)
    _ = try tree.nextKey(of: LeafIndex(1), .application)
    var copy = tree
    let next = try tree.nextKey(of: LeafIndex(1), .application).keyAndNonce
    _ = try tree.nextKey(of: LeafIndex(1), .application)
    #expect(try copy.nextKey(of: LeafIndex(1), .application).keyAndNonce.isEqual(to: next))
  }

  @Test func `a key is gone once it was used`() throws {
    var tree = try Self.tree(4)
    _ = try Self.key(&tree, 2)
    for generation in [UInt32(2), 0, 0] {
      if generation == 0 { _ = try? Self.key(&tree, 0) }
      #expect(throws: MessageProtectionError.keyErased) { try Self.key(&tree, generation) }
    }
  }

  @Test func `a message further ahead than the limit is refused and changes nothing`() throws {
    var tree = try Self.tree(4)
    let limits = RatchetLimits(maximumForwardDistance: 10, maximumKeptKeys: 20)
    #expect(throws: MessageProtectionError.tooFarAhead) { try Self.key(&tree, 11, limits: limits) }
    #expect(throws: MessageProtectionError.tooFarAhead) { try Self.key(&tree, .max, limits: limits) }
    #expect(tree.leaves.isEmpty)
    _ = try Self.key(&tree, 10, limits: limits)
    _ = try Self.key(&tree, 21, limits: limits)
  }

  @Test func `no more keys are kept than the limit, the oldest go first`() throws {
    var tree = try Self.tree(4)
    let limits = RatchetLimits(maximumForwardDistance: 100, maximumKeptKeys: 3)
    _ = try Self.key(&tree, 10, limits: limits)
    #expect(tree.leaves[LeafIndex(1)]?.application.kept.keys.sorted() == [7, 8, 9])
    #expect(throws: MessageProtectionError.keyErased) { try Self.key(&tree, 6, limits: limits) }
    _ = try Self.key(&tree, 7, limits: limits)
    _ = try Self.key(&tree, 12, limits: limits)
    #expect(tree.leaves[LeafIndex(1)]?.application.kept.keys.sorted() == [8, 9, 11])
  }

  @Test func `a key that opened nothing stays`() throws {
    var tree = try Self.tree(4)
    #expect(throws: MessageProtectionError.openFailed) {
      try tree.withKey(of: LeafIndex(1), .application, generation: 4, limits: .default) {
        (_) throws(MessageProtectionError) -> Int in throw .openFailed
      }
    }
    #expect(tree.leaves.isEmpty)
    _ = try Self.key(&tree, 4)
  }

  @Test func `one member's keys cost one path, and the tree above it is erased`() throws {
    var tree = try Self.tree(1024)
    #expect(tree.nodes.count == 1)
    _ = try Self.key(&tree, 0, leaf: 1000)
    // The siblings of the path, and nothing on it.
    #expect(tree.nodes.count == 10)
    #expect(tree.nodes.keys.allSatisfy { !$0.covers(NodeIndex(LeafIndex(1000))) })
    #expect(tree.leaves.count == 1)
  }

  @Test func `handshake and application keys differ, and proposals and commits share a ratchet`() throws {
    var tree = try Self.tree(2)
    var copy = tree
    let application = try tree.nextKey(of: LeafIndex(0), .application).keyAndNonce
    let handshake = try tree.nextKey(of: LeafIndex(0), .proposal).keyAndNonce
    #expect(!application.isEqual(to: handshake))
    #expect(try copy.nextKey(of: LeafIndex(0), .commit).keyAndNonce.isEqual(to: handshake))
    #expect(try tree.nextKey(of: LeafIndex(0), .commit).generation == 1)
  }

  @Test func `a leaf outside the tree is refused`() throws {
    var tree = try Self.tree(4)
    for leaf in [UInt32(4), .max] {
      #expect(throws: MessageProtectionError.unknownSender(LeafIndex(leaf))) {
        try Self.key(&tree, 0, leaf: leaf)
      }
    }
  }

  @Test func `a ratchet at its end gives no more keys`() throws {
    let suite = try Self.suite.algorithms()
    var ratchet = HashRatchet(secret: suite.randomSecret(), generation: .max, kept: [:])
    #expect(throws: MessageProtectionError.ratchetExhausted) { try ratchet.next(RatchetLabels(suite)) }
  }
}
