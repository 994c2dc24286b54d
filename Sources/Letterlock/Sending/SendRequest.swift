/// A message that one device asks another to send through its carrier. SPEC.md section 10.13.
public struct SendRequest: Hashable, Sendable {
  /// The message to be: what it says, its files and its recipients. It is unencrypted, whatever becomes of it.
  public let message: Message
  /// How it is to go through the carrier: as a short message of these segments, or as a multimedia message.
  public let plan: CarrierPlan
  /// The one device that may send it.
  public let device: DeviceID
  /// The device that asked.
  public let requestedBy: DeviceID
  /// When it is too late to send.
  public let expiresAt: Timestamp

  init(_ content: SendRequestContent, by asker: DeviceID) {
    (message, plan, device) = (content.message, content.plan, content.device)
    (requestedBy, expiresAt) = (asker, content.expiresAt)
  }

  /// The message's identifier, which names the request too.
  public var id: MessageID { message.id }
}

/// Why a message is not sent through a carrier.
public enum SendRefusal: Hashable, Sendable {
  /// There is no such request.
  case unknownRequest
  /// The request names another device, and that one alone may send it.
  case anotherDevice(DeviceID)
  /// The request does not wait any more: it was claimed before, or came to its end.
  case settled(SendState)
  /// Nobody is to receive it.
  case noRecipient
  /// The carrier takes no message of so many bytes.
  case tooLarge(byteCount: UInt64, limit: UInt64)
}
