import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("Groups that outlive the process")
struct GroupStorageTests {
  @Test func `a group that was stored goes on`() throws {
    let parties = try Parties.make(5)
    let store = InMemoryGroupStore()
    for committer in parties { try Parties.commit(committer, parties) }
    let late = try parties[2].group.protect([1])
    try Parties.commit(parties[0], [.removing(LeafIndex(2))], [parties[1], parties[3], parties[4]])
    try parties[1].group.save(to: store)
    let again = try parties[1].reloaded(from: store)
    Parties.agree([parties[0], again])
    #expect(try again.read(late).data == [1])
    #expect(try again.read(try parties[4].group.protect([2])).data == [2])
    #expect(try parties[0].read(try again.group.protect([3])).data == [3])
    try Parties.commit(again, [parties[0], parties[3], parties[4]])
    Parties.agree([parties[0], again])
  }

  @Test func `what waits in an epoch is stored: proposals, an own Update, the pending commit`() throws {
    let parties = try Parties.make(3)
    let store = InMemoryGroupStore()
    let update = try parties[1].group.proposeUpdate()
    for party in [parties[0], parties[2]] { try party.hear(update) }
    try parties[1].group.save(to: store)
    var again = try parties[1].reloaded(from: store)
    let commit = try parties[0].group.commit()
    try parties[0].group.save(to: store)
    let committer = try parties[0].reloaded(from: store)
    try committer.group.mergePendingCommit()
    try again.follow(commit.commit)
    try parties[2].follow(commit.commit)
    Parties.agree([again, committer, parties[2]])
    try again.group.save(to: store)
    again = try again.reloaded(from: store)
    try Parties.commit(again, [committer, parties[2]])
    Parties.agree([again, committer, parties[2]])
  }

  @Test func `a group of another version of the form is refused as such`() throws {
    let party = try Parties.make(1)[0]
    let store = InMemoryGroupStore()
    try party.group.save(to: store)
    var state = try #require(
      store.records(of: party.group.id).first { $0.key == RecordKey.state.bytes }?.value)
    state[0] = 1
    let older = GroupRecord(key: RecordKey.state.bytes, value: state)
    store.apply(GroupChanges(groupID: party.group.id, replacesAll: true, written: [older], deleted: []))
    #expect(throws: GroupError.malformed(.unknownValue)) { _ = try party.reloaded(from: store) }
    state[0] = 4
    let newer = GroupRecord(key: RecordKey.state.bytes, value: state)
    store.apply(GroupChanges(groupID: party.group.id, replacesAll: false, written: [newer], deleted: []))
    #expect(throws: GroupError.malformed(.unknownValue)) { _ = try party.reloaded(from: store) }
  }

  @Test func `a change is small, and adds up to the whole state`() throws {
    let parties = try Parties.make(9)
    let store = InMemoryGroupStore()
    try parties[0].group.save(to: store)
    for party in parties[1...] {
      for _ in 0..<2 { _ = try parties[0].read(try party.group.protect([1])) }
      let byteCount = parties[0].group.changes().byteCount
      #expect(byteCount < 2_000)
      try parties[0].group.save(to: store)
      #expect(try parties[0].read(try party.group.protect([4])).data == [4])
    }
    let last = try parties[3].group.protect([5])
    _ = try parties[0].read(last)
    try parties[0].group.save(to: store)
    let again = try parties[0].reloaded(from: store)
    for (index, party) in parties.enumerated() where index > 0 {
      #expect(try again.read(try party.group.protect([6])).data == [6])
    }
    #expect(throws: GroupError.protection(.keyErased)) { _ = try again.read(last) }
  }

  @Test func `a process that ends between receiving a commit and merging it takes the commit again`() throws {
    let parties = try Parties.make(3)
    let store = InMemoryGroupStore()
    try parties[1].group.save(to: store)
    let commit = try parties[0].group.commit().commit
    _ = try parties[1].group.process(commit)
    try parties[1].group.save(to: store)
    let again = try parties[1].reloaded(from: store)
    try again.follow(commit)
    try parties[0].group.mergePendingCommit()
    Parties.agree([parties[0], again])
  }

  @Test func `used keys are gone from the stored state`() throws {
    let parties = try Parties.make(2, settings: GroupSettings(keptEpochs: 0, keptResumptionKeys: 1))
    let store = InMemoryGroupStore()
    try parties[1].group.save(to: store)
    func stored() -> [[UInt8]] { store.records(of: parties[1].group.id).map(\.value) }
    func holds(_ secret: SecretKey) -> Bool {
      let secret = secret.exportRawBytes()
      return stored().contains { value in
        value.count >= secret.count
          && (0...value.count - secret.count).contains { value[$0..<$0 + secret.count].elementsEqual(secret) }
      }
    }
    // What the message is about to use: the sender's ratchet, from which its key follows.
    var tree = parties[1].group.state.protection.secretTree
    _ = try tree.nextKey(of: LeafIndex(0), .application)
    let skipped = try parties[0].group.protect([0])
    _ = try parties[1].read(skipped)
    try parties[1].group.save(to: store)
    let ratchet = try #require(parties[1].group.state.protection.secretTree.leaves[LeafIndex(0)])
    #expect(holds(ratchet.application.secret))
    _ = try parties[1].read(try parties[0].group.protect([1]))
    try parties[1].group.save(to: store)
    #expect(!holds(ratchet.application.secret))
    let old = parties[1].group.state
    #expect(holds(old.secrets.initSecret))
    #expect(holds(old.keys.leafKey.privateKeyBytes))
    try Parties.commit(parties[1], parties)
    try parties[1].group.save(to: store)
    #expect(!holds(old.secrets.initSecret))
    #expect(!holds(old.secrets.membershipKey))
    #expect(!holds(old.keys.leafKey.privateKeyBytes))
  }

  @Test func `a store that fails keeps the changes for the next time`() throws {
    struct Full: Error {}
    struct Failing: GroupStore {
      func apply(_ changes: GroupChanges) throws { throw Full() }
      func records(of groupID: [UInt8]) throws -> [GroupRecord] { throw Full() }
      func groupIDs() -> [[UInt8]] { [] }
      func delete(_ groupID: [UInt8]) {}
    }
    let party = try Parties.make(2)[0]
    #expect(throws: GroupError.storage("Full")) { try party.group.save(to: Failing()) }
    let store = InMemoryGroupStore()
    try party.group.save(to: store)
    Parties.agree([party, try party.reloaded(from: store)])
  }

  @Test func `damaged records are refused`() throws {
    let party = try Parties.make(2)[0]
    let store = InMemoryGroupStore()
    try party.group.save(to: store)
    let id = party.group.id
    let state = try #require(store.records(of: id).first { $0.key == RecordKey.state.bytes })
    for length in stride(from: 0, to: state.value.count, by: 97) {
      store.apply(
        GroupChanges(
          groupID: id, replacesAll: false,
          written: [GroupRecord(key: state.key, value: Array(state.value[..<length]))], deleted: []))
      #expect(throws: GroupError.self) { _ = try Group.load(id, from: store, as: party.client) }
    }
  }
}
