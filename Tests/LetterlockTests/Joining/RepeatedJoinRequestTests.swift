import Letterlock
import LetterlockRelayKit
import Testing

@Suite("A request to join that was interrupted")
struct RepeatedJoinRequestTests {
  @Test func `is posted by the call that goes on with it, if it never reached the relay`() async throws {
    let house = try await Household()
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    _ = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: try InMemoryRelay())
    let request = try Device.resumeJoining(vault: vault, store: store, relay: house.relay)
    await #expect(throws: DeviceError.joinRequestNotFound) { try await house.phone.approve(request.code) }
    try await request.post()
    let id = try await house.phone.approve(request.code)
    #expect(try await request.approved().id == id)
    // Once it was approved there is nothing to post.
    try await request.post()
  }
}
