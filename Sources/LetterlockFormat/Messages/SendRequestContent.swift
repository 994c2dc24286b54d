/// A message that one device asks another to send through its carrier. SPEC.md section 10.13.
package struct SendRequestContent: Hashable, Sendable {
  /// The message to be: unencrypted from its first draft.
  package let message: Message
  /// The one device that may send it.
  package let device: DeviceID
  /// When it is too late to send.
  package let expiresAt: Timestamp
  /// The parts of a short message; none of a multimedia message.
  package let segments: [String]
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// Short messages that can be joined.
  package static let maximumSegmentCount = 255

  /// The request; nil if it breaks rule 1 of SPEC.md section 10.13.
  package init?(_ message: Message, device: DeviceID, expiresAt: Timestamp, segments: [String]) {
    guard message.isRequestable, message.fits(segments) else { return nil }
    self.message = message
    self.device = device
    self.expiresAt = expiresAt
    self.segments = segments
  }

  /// How it goes through the carrier.
  package var plan: CarrierPlan {
    guard segments.isEmpty else { return .sms(SMSEncoding(needsFor: message.text), segments: segments) }
    return .mms(byteCount: CarrierMessage.byteCount(of: message))
  }
}

extension Message {
  /// Whether it is a text by this person to somebody, which has not travelled and was not brought in from elsewhere.
  fileprivate var isRequestable: Bool {
    guard case .text = body, sender == .me, !recipients.isEmpty else { return false }
    return origin == nil && delivery == nil && receivedAt == nil && editedAt == nil
      && recentlyDeletedAt == nil
      && absentFiles.isEmpty && unsentPartCount == 0
  }

  /// Whether the carriage is one of the two, and goes with these segments.
  fileprivate func fits(_ segments: [String]) -> Bool {
    switch carriage {
    case .carrier(.sms):
      recipients.count == 1 && attachments.isEmpty && subject == nil
        && (1...SendRequestContent.maximumSegmentCount).contains(segments.count)
        && segments.lazy.flatMap(\.utf8).elementsEqual(text.utf8)
    case .carrier(.mms): segments.isEmpty
    case .carrier, .endToEnd, .local, .unknown: false
    }
  }
}
