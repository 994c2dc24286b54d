import Testing

@testable import Letterlock
@testable import LetterlockFormat

@Suite("SPEC.md section 5.2: the order in which a record is checked")
struct SealedRecordTests {
  @Test func `another version is named before anything else is looked at`() throws {
    let device = try Device.createAccount(named: "Phone", vault: .inMemory).device
    let record = try device.archive.conversation(ConversationID()).seal(Household.text("Dinner at 7?"))
    for version in [UInt8(0), 2, 255] {
      for count in [1, 2, 56, 57, record.bytes.count] {
        let bytes = [version] + record.bytes[1..<count]
        #expect(throws: ArchiveError.unknownVersion(version)) { try SealedRecord(decoding: bytes) }
      }
    }
    #expect(throws: ArchiveError.malformed) { try SealedRecord(decoding: []) }
  }

  @Test func `an entry of an unknown type opens in every stream`() throws {
    let archive = try Device.createAccount(named: "Phone", vault: .inMemory).device.archive
    let entry = ArchiveEntry.unknown(UnknownValue(code: 900, bytes: [1, 2, 3]))
    for conversation in [ConversationID.account, ConversationID()] {
      let record = try archive.seal(entry, in: conversation)
      #expect(try archive.openEntry(record) == entry)
      #expect(throws: ArchiveError.notAMessage) { try archive.open(record) }
    }
  }

  @Test func `the account's own entries are refused in a conversation's stream`() throws {
    let archive = try Device.createAccount(named: "Phone", vault: .inMemory).device.archive
    let conversation = ConversationID()
    let profile = ArchiveEntry.device(DeviceProfile(name: "Mac"))
    let unnamed = ArchiveEntry.message(.note("milk"))
    for entry in [profile, unnamed] {
      let record = try archive.seal(entry, in: conversation)
      #expect(throws: ArchiveError.authenticationFailed) { try archive.openEntry(record) }
      #expect(try archive.openEntry(archive.seal(entry, in: .account)) == entry)
    }
  }
}
