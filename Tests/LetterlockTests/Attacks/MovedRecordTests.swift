import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Attacks: what belongs to one place, elsewhere")
struct MovedRecordTests {
  @Test func `a record moved to another stream does not open`() async throws {
    let house = try await Household()
    let here = try house.phone.archive.conversation(house.chat).seal(Household.text("here"))
    let there = try house.phone.archive.conversation(ConversationID()).seal(Household.text("there"))
    var bytes = here.bytes
    bytes.replaceSubrange(17..<33, with: there.bytes[17..<33])
    #expect(throws: ArchiveError.authenticationFailed) {
      try house.phone.archive.open(SealedRecord(decoding: bytes))
    }
  }

  @Test func `a member that seals a message into another conversation's stream is refused`() async throws {
    let house = try await Household()
    let (_, log, epochSecrets) = house.mac.secrets
    let epochSecret = try #require(epochSecrets[0])
    let epoch = ReadableEpoch(account: log.account, hash: log.newestEpoch.hash, epochSecret: epochSecret)
    var message = Household.text("elsewhere")
    message.conversation = ConversationID()
    let record = try RecordFrame.seal(.message(message), using: try epoch.recordKey(for: house.chat))
    #expect(throws: ArchiveError.authenticationFailed) { try house.phone.archive.open(record) }
    // Nor when the stream is known already.
    _ = try house.phone.archive.open(
      try house.phone.archive.conversation(house.chat).seal(Household.text("known")))
    #expect(throws: ArchiveError.authenticationFailed) { try house.phone.archive.open(record) }
  }

  @Test func `a record moved to another epoch does not open`() async throws {
    let house = try await Household()
    let old = try house.phone.archive.conversation(house.chat).seal(Household.text("old"))
    try await house.phone.beginEpoch()
    let new = try house.phone.archive.conversation(house.chat).seal(Household.text("new"))
    var bytes = old.bytes
    bytes.replaceSubrange(1..<33, with: new.bytes[1..<33])
    #expect(throws: ArchiveError.authenticationFailed) {
      try house.phone.archive.open(SealedRecord(decoding: bytes))
    }
    #expect(old.streamTag != new.streamTag)
  }

  @Test func `a record moved to another account of the same device does not open`() throws {
    let (first, second) = (try Self.account(), try Self.account())
    let chat = ConversationID()
    let record = try first.archive.conversation(chat).seal(Household.text("mine"))
    #expect(throws: ArchiveError.unreadableEpoch(record.epoch)) { try second.archive.open(record) }
    let other = try second.archive.conversation(chat).seal(Household.text("other"))
    var bytes = record.bytes
    bytes.replaceSubrange(1..<33, with: other.bytes[1..<33])
    #expect(throws: ArchiveError.authenticationFailed) {
      try second.archive.open(SealedRecord(decoding: bytes))
    }
  }

  private static func account() throws -> Device {
    try Device.createAccount(named: "Phone", vault: .inMemory).device
  }

  @Test func `half of a hybrid signature means nothing elsewhere`() throws {
    let keys = try DeviceKeys()
    let account = AccountID(unchecked: SecureRandom.bytes(32))
    let body = SecureRandom.bytes(40)
    for purpose in SignaturePurpose.allCases {
      let hybrid = try keys.sign(body, for: purpose, account: account)
      let half = Ed25519SignatureBytes(unchecked: Array(hybrid.bytes[..<64]))
      for other in SignaturePurpose.allCases {
        #expect(!keys.signingKeys.isValid(quick: half, for: other, account: account, body: body))
        let isSame = other == purpose
        #expect(keys.signingKeys.isValid(hybrid, for: other, account: account, body: body) == isSame)
      }
      let quick = try keys.quickSign(body, for: purpose, account: account)
      let mixed = HybridSignatureBytes(unchecked: quick.bytes + hybrid.bytes[64...])
      #expect(!keys.signingKeys.isValid(mixed, for: purpose, account: account, body: body))
    }
  }
}
