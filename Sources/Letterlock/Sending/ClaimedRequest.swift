internal import LetterlockFormat

/// A request that this device has claimed, and nobody can claim again: hand it over to the carrier once, and say what
/// came of it.
///
/// If it is dropped without a word, or the process ends before, nobody knows whether the message was sent: it is shown
/// as `SendState.outcomeUnknown`, and never sent again by itself.
public struct ClaimedRequest: ~Copyable, Sendable {
  /// What is to be sent.
  public let request: SendRequest
  let claim: Bytes16
  let sending: Sending

  deinit { sending.held.release(request.id) }

  /// Notes that the carrier took the message. The note is on disk when the call returns, and goes to the other devices
  /// with the next `sync()`.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`; the message is `outcomeUnknown` then.
  public consuming func sent() throws(DeviceError) { try sending.report(.sent(claim), of: request) }

  /// Notes that the message was not sent, and why: the carrier refused it, say, or the person did. Only for a message
  /// that was certainly not sent.
  /// - Throws: as `sent()`.
  public consuming func failed(_ reason: String) throws(DeviceError) {
    try sending.report(.failed(claim, reason: reason), of: request)
  }
}
