#if SQLite
import Foundation
import MLS
import MLSSQLite
import Testing

@Suite("MLS groups in a SQLite file")
struct SQLiteGroupStoreTests {
  private func client(_ name: UInt8) throws -> Client {
    try Client(
      credential: .basic([name]), suite: .x25519AES128Ed25519, authentication: UnauthenticatedCredentials())
  }

  private func text(_ message: ProcessedMessage) -> [UInt8]? {
    if case .application(let message) = message { message.data } else { nil }
  }

  @Test func `a group goes on after the file was closed and opened`() throws {
    let folder = try TemporaryFolder()
    let (ann, bob) = (try client(1), try client(2))
    var group = try Group.create(by: ann)
    let welcome = try #require(try group.commit([.adding(try bob.keyPackage())]).welcome)
    try group.mergePendingCommit()
    var joined = try Group.join(welcome, as: bob)
    let id = joined.id
    do {
      let store = try SQLiteGroupStore(path: folder.file("groups.sqlite"))
      try joined.save(to: store)
      for number in 0..<3 {
        let message = try group.protect([UInt8(number)])
        #expect(text(try joined.process(message)) == [UInt8(number)])
        try joined.save(to: store)
      }
    }
    let store = try SQLiteGroupStore(path: folder.file("groups.sqlite"))
    #expect(try store.groupIDs() == [id])
    var again: Group? = try Group.load(id, from: store, as: bob)
    guard var loaded = again.take() else {
      Issue.record("the group is not there")
      return
    }
    let message = try group.protect([7])
    #expect(text(try loaded.process(message)) == [7])
    try store.delete(id)
    #expect(try store.groupIDs().isEmpty)
    #expect(try store.records(of: id).isEmpty)
  }

  @Test func `the file is its owner's alone`() throws {
    let folder = try TemporaryFolder()
    _ = try SQLiteGroupStore(path: folder.file("groups.sqlite"))
    #expect(try folder.permissions("groups.sqlite") == 0o600)
  }

  @Test func `a file of another kind is refused`() throws {
    let folder = try TemporaryFolder()
    let content = Data("a letter, and no database at all, long enough for a header".utf8)
    try content.write(to: URL(fileURLWithPath: folder.file("groups.sqlite")))
    #expect(throws: SQLiteGroupStoreError.corrupted("The file is damaged.")) {
      try SQLiteGroupStore(path: folder.file("groups.sqlite"))
    }
    #expect(throws: SQLiteGroupStoreError.unavailable("The file cannot be made.")) {
      try SQLiteGroupStore(path: folder.file("nowhere/groups.sqlite"))
    }
  }
}
#endif
