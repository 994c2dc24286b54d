/// Sending through the carrier of another device: a device without one asks, and the one that it names sends.
extension Device {
  /// Asks another device of the account to send a message through its carrier.
  ///
  /// The message is in the history at once, and shown as unencrypted from here on, with how far it has come
  /// (`Message.Delivery.requested`). The request is on disk when the call returns, and goes to the other device with
  /// the next `sync()`.
  /// - Parameters:
  ///   - files: what the message carries. A message with files goes as MMS.
  ///   - device: the one device that may send it. No other ever does.
  ///   - expiresAt: when it is too late to send.
  ///   - limits: what the carrier puts up with; they decide between SMS and MMS.
  /// - Returns: the request, with the segments that a carrier charges for.
  /// - Throws: `DeviceError.sendRefused` if there is no recipient or the message is too large, `.unknownDevice`,
  ///   `.attachmentUnreadable`, `.attachmentChanged`, `.archive`, `.noStore`, `.store`.
  public func requestSend(
    _ text: String, attaching files: [AttachmentSource] = [], subject: String? = nil,
    to recipients: [Address], in conversation: ConversationID, through device: DeviceID,
    expiresAt: Timestamp, limits: CarrierLimits = CarrierLimits()
  ) throws(DeviceError) -> SendRequest {
    try parts.history.sending.request(
      Sending.Draft(
        text: text, files: files, subject: subject, recipients: recipients, conversation: conversation,
        device: device, expiresAt: expiresAt, limits: limits))
  }

  /// Takes a request back that no device has claimed. It takes effect with the next `sync()`, unless the device that is
  /// to send it claims it before that.
  /// - Throws: `DeviceError.sendRefused` if there is none, or if it does not wait any more; `.archive`, `.noStore`,
  ///   `.store`.
  public func cancelSend(of message: MessageID) throws(DeviceError) {
    try parts.history.sending.cancel(message)
  }

  /// The messages that this device is asked to send, as of the last `sync()`, in the order in which they came.
  ///
  /// What is not to be sent any more, because its time is over or its device was removed, is left out and marked so for
  /// every device. What an earlier process claimed and gave no outcome of is marked as `SendState.outcomeUnknown`. The
  /// first call of a device object reads the whole history; later ones read what has come since.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`.
  public func sendRequests() throws(DeviceError) -> [SendRequest] {
    try parts.history.sending.waiting()
  }

  /// Claims a request, so that its message is sent once at most: the claim is on this device's disk and in the history
  /// at the relay when the call returns. Only then hand the message over to the carrier, and say what came of it.
  ///
  /// A claim that failed because the relay did not answer may be tried again in the same process.
  /// - Throws: `DeviceError.sendRefused` if the request is not to be sent, or not by this device; then it was not.
  ///   `.noRelay`, and as `sync()`: nothing is claimed without the relay.
  public func claim(_ request: SendRequest) async throws(DeviceError) -> ClaimedRequest {
    try await parts.history.sending.claim(request)
  }
}
