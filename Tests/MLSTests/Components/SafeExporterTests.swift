import CryptoCore
import Testing

@testable import MLS

@Suite("draft-ietf-mls-extensions: exported secrets")
struct SafeExporterTests {
  private static let suite = Parties.suite

  /// Figures that another implementation published: webcrypto-mls, test_vectors/seal/own/keys.json.
  @Test func `another implementation derives the same`() throws {
    let suite = try Self.suite.algorithms()
    let secrets = EpochSecrets(epochSecret: SecretKey(copying: [UInt8](repeating: 0x42, count: 32)), suite)
    #expect(
      secrets.applicationExportSecret.exportRawBytes()
        == hex("567b02d6c2eb1e53e002d2fc588bce567496f9c3f7b88d860d6c1a7f0d84f80e"))
    var tree = ExporterTree(applicationExportSecret: secrets.applicationExportSecret)
    #expect(
      tree.take(ComponentID(rawValue: 61_441), suite)?.exportRawBytes()
        == hex("b129304af5b654ee32479eef4a82ee76dbd60df580a5f1cf0e4a9a7dfb6b4244"))
  }

  private func hex(_ text: String) -> [UInt8] {
    stride(from: 0, to: text.count, by: 2).compactMap { offset in
      UInt8(text.dropFirst(offset).prefix(2), radix: 16)
    }
  }

  @Test func `in any order, each component's secret is the one that a fresh tree gives, and is there once`()
    throws
  {
    let suite = try Self.suite.algorithms()
    let root = suite.randomSecret()
    let numbers: [UInt16] = [0, 1, 0x7fff, 0x8000, 0xffff, 0xfffe, 0x8001, 2]
    for order in [numbers, numbers.reversed()] {
      var tree = ExporterTree(applicationExportSecret: root)
      for number in order {
        let component = ComponentID(rawValue: number)
        var fresh = ExporterTree(applicationExportSecret: root)
        let taken = tree.take(component, suite)
        let secret = try #require(taken)
        #expect(fresh.take(component, suite)?.isEqual(to: secret) == true)
        #expect(tree.take(component, suite) == nil)
      }
    }
  }

  @Test func `the figure of the draft, by hand: sixteen steps from the root`() throws {
    let suite = try Self.suite.algorithms()
    let root = suite.randomSecret()
    for number in [UInt16(0), 0x8001, 0xa55a, .max] {
      var secret = root
      for bit in (0..<16).reversed() {
        let side = number >> bit & 1 == 0 ? "left" : "right"
        secret = try suite.expandWithLabel(secret, label: "tree", context: Array(side.utf8), byteCount: 32)
      }
      var tree = ExporterTree(applicationExportSecret: root)
      #expect(tree.take(ComponentID(rawValue: number), suite)?.isEqual(to: secret) == true)
    }
  }

  @Test func `members agree on a component's secret, which others and other epochs do not have`() throws {
    let parties = try Parties.make(3)
    let component = ComponentID.private(7)
    var former: [SecretKey] = []
    for _ in 0..<2 {
      let secrets = try parties.map { try $0.safeExportSecret(for: component) }
      #expect(secrets.allSatisfy { $0.isEqual(to: secrets[0]) })
      #expect(former.allSatisfy { !$0.isEqual(to: secrets[0]) })
      #expect(try !parties[0].safeExportSecret(for: .private(8)).isEqual(to: secrets[0]))
      former = secrets
      try Parties.commit(parties[0], parties)
    }
  }

  @Test func `a secret is exported once in an epoch, also after a restart`() throws {
    let parties = try Parties.make(2)
    let store = InMemoryGroupStore()
    let component = ComponentID.private(7)
    try parties[0].group.save(to: store)
    _ = try parties[0].safeExportSecret(for: component)
    #expect(throws: GroupError.secretExported(component)) {
      _ = try parties[0].safeExportSecret(for: component)
    }
    try parties[0].group.save(to: store)
    let again = try parties[0].reloaded(from: store)
    #expect(throws: GroupError.secretExported(component)) { try again.safeExportSecret(for: component) }
    let other = ComponentID.private(9)
    #expect(
      try again.safeExportSecret(for: other).isEqual(to: parties[1].safeExportSecret(for: other)))
    try Parties.commit(again, [parties[1]])
    #expect(
      try again.safeExportSecret(for: component)
        .isEqual(to: parties[1].safeExportSecret(for: component)))
  }

  @Test func `nothing that is stored leads to a secret that was exported`() throws {
    let party = try Parties.make(1)[0]
    let component = ComponentID.private(7)
    let store = InMemoryGroupStore()
    try party.group.save(to: store)
    let root = try #require(party.exporterRoot)
    #expect(store.records(of: party.group.id).contains { contains($0.value, root.exportRawBytes()) })
    let secret = try party.safeExportSecret(for: component)
    #expect(party.exporterRoot == nil && party.group.state.secrets.applicationExportSecret.byteCount == 0)
    try party.group.save(to: store)
    let suite = try Self.suite.algorithms()
    let stored = store.records(of: party.group.id).map(\.value)
    for known in [root, secret] { #expect(!stored.contains { contains($0, known.exportRawBytes()) }) }
    // Every run of 32 bytes that is stored, taken for a node on the way to the secret.
    let record = try #require(store.records(of: party.group.id).first { $0.key == RecordKey.exporter.bytes })
    for offset in 0...(record.value.count - 32) {
      let candidate = SecretKey(copying: Array(record.value[offset..<offset + 32]))
      for level in 0...16 {
        let last = try descend(candidate, component.rawValue, levels: level, suite)
        #expect(!last.isEqual(to: secret))
      }
    }
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    bytes.count >= part.count
      && (0...bytes.count - part.count).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
  }

  private func descend(
    _ secret: SecretKey, _ number: UInt16, levels: Int, _ suite: CipherSuiteAlgorithms
  ) throws -> SecretKey {
    var secret = secret
    for bit in (0..<levels).reversed() {
      secret = suite.expandBlock(
        secret, label: "tree", context: Array((number >> bit & 1 == 0 ? "left" : "right").utf8))
    }
    return secret
  }

  @Test func `a pending commit that is stored brings its epoch's secrets`() throws {
    let parties = try Parties.make(2)
    let store = InMemoryGroupStore()
    let messages = try parties[0].group.commit()
    try parties[0].group.save(to: store)
    let again = try parties[0].reloaded(from: store)
    try again.group.mergePendingCommit()
    try parties[1].follow(messages.commit)
    #expect(
      try again.safeExportSecret(for: .private(1))
        .isEqual(to: parties[1].safeExportSecret(for: .private(1))))
  }

  @Test func `a closed group exports nothing, and keeps nothing to export from`() throws {
    for isReInit in [false, true] {
      let parties = try Parties.make(2)
      let root = try #require(parties[1].exporterRoot)
      let proposal =
        isReInit ? parties[0].group.reInitProposal() : Proposal.removing(parties[1].ownIndex)
      let messages = try parties[0].group.commit([proposal])
      try parties[1].follow(messages.commit)
      #expect(throws: GroupError.closed) { _ = try parties[1].safeExportSecret(for: .private(1)) }
      #expect(parties[1].exporterRoot == nil)
      let store = InMemoryGroupStore()
      try parties[1].group.save(to: store)
      #expect(!store.records(of: parties[1].group.id).contains { contains($0.value, root.exportRawBytes()) })
      #expect(throws: GroupError.closed) {
        _ = try parties[1].reloaded(from: store).safeExportSecret(for: .private(1))
      }
    }
  }

  @Test func `a commit that was merged and is kept to look at keeps no secrets`() throws {
    let parties = try Parties.make(2)
    let messages = try parties[0].group.commit()
    guard case .commit(let staged) = try parties[1].group.process(messages.commit) else {
      throw GroupError.internalError
    }
    let copy = staged
    #expect(staged.next.state != nil)
    try parties[1].group.merge(staged)
    let own = try parties[0].group.mergePendingCommit()
    for commit in [staged, copy, own] { #expect(commit.next.state == nil) }
    #expect(throws: GroupError.wrongEpoch) { try parties[1].group.merge(copy) }
    Parties.agree(parties)
  }
}
