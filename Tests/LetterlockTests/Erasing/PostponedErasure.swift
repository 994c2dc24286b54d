@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

extension Household {
  /// A device says that a message is erased and erases nothing, as one does that does not know the whole history.
  func postponeErasure(of message: MessageID, by device: Device) async throws {
    try await device.sync()
    try device.enqueue([
      .deletion(Deletion(.erased, at: .now, conversation: chat, messages: [message]))
    ])
    let pusher = device.parts.history.sync.pusher
    let waiting = try pusher.signer.waiting(after: 0)
    let sending = try pusher.signer.sign(
      waiting, erasing: [], after: try device.parts.services.progress.current())
    _ = try await relay.append(sending.signedBatch, records: waiting.map(\.bytes), to: device.account)
    try await device.sync()
  }
}
