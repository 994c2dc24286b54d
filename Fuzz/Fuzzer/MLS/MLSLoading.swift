@testable import MLS
import TLSCodec

/// A group whose stored records were damaged: it is refused, or it can be used.
struct MLSLoading: FuzzTarget {
  private let group: FuzzedGroup
  private let records: [GroupRecord]
  private let message: MLSMessage

  init() throws {
    group = try FuzzedGroup()
    var alice = group.member(0)
    var bob = group.member(1)
    message = try alice.protect([1, 2, 3])
    guard case .commit(let staged) = try bob.process(try alice.commit([]).commit) else {
      throw GroupError.internalError
    }
    try bob.merge(staged)
    _ = try bob.proposeUpdate()
    _ = try bob.commit([.adding(try group.dave.keyPackage())])
    records = bob.changes().written
  }

  var seeds: [[UInt8]] { records.indices.map { [UInt8($0), 0, 1, 0, 0, 0, 0] } }

  mutating func run(_ input: [UInt8]) {
    var choices = Choices(input)
    var records = records
    let place = choices.below(records.count)
    if choices.flag() {
      records.remove(at: place)
    } else {
      var (key, value) = (records[place].key, records[place].value)
      if choices.flag() { choices.alter(&key) }
      choices.alter(&value)
      records[place] = GroupRecord(key: key, value: value)
    }
    let store = InMemoryGroupStore()
    store.apply(
      GroupChanges(groupID: group.context.groupID, replacesAll: true, written: records, deleted: []))
    let loaded: Group?
    do throws(GroupError) {
      loaded = try Group.load(group.context.groupID, from: store, as: group.clients[1])
    } catch { return }
    guard var bob = loaded else { return }
    _ = try? bob.process(message)
    _ = try? bob.mergePendingCommit()
    _ = try? bob.protect([1])
    bob.discardPendingCommit()
    _ = try? bob.commit([])
    _ = bob.changes()
  }
}
