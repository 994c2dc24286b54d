import LetterlockTestKit
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat

@Suite("What erasing costs")
struct ErasureCostTests {
  /// Messages of as many conversations, each signed for by itself, then erased. Returns the calls to the store.
  private func erase(_ count: Int) async throws -> Int {
    let house = try await Household()
    let store = FailingDeviceStore(house.phoneStore)
    let phone = try Device(vault: house.phoneVault, store: store, relay: house.relay)
    for number in 0..<count {
      let (message, conversation) = (Household.text("\(number)"), ConversationID())
      try phone.append(message, to: conversation)
      try await phone.sync()
      try phone.delete([message.id], in: conversation)
    }
    try await phone.sync()
    store.fail(PlannedFailure(.call(.max), .beforeEffect))
    #expect(try await phone.eraseDeleted(before: Timestamp.now) == count)
    #expect(try Household.texts(of: phone) == ["first"])
    return store.callCount
  }

  @Test func `grows with what is erased, not with that times the history`() async throws {
    let (few, many) = (try await erase(50), try await erase(200))
    // Each conversation is a signed batch of its own.
    #expect(many < few * 8, "\(few) and \(many) calls")
  }
}
