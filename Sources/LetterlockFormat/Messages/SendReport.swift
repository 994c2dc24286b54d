/// What became of a request to send: who claimed it, and what the carrier did. SPEC.md section 10.13.
package struct SendReport: Hashable, Sendable {
  /// What happened.
  package enum Step: Hashable, Sendable {
    /// The device begins: before it hands anything over to the carrier.
    case claimed(Bytes16)
    /// The carrier took the message of this claim.
    case sent(Bytes16)
    /// The message of this claim was not sent, and why.
    case failed(Bytes16, reason: String)
    /// The device stopped after this claim, and does not know.
    case outcomeUnknown(Bytes16)
    /// A person does not want it sent any more.
    case cancelled
    /// Its time is over.
    case expired
    /// The device that asked is not part of the account any more.
    case askerRemoved
    /// Something that only a newer version knows.
    case unknown(UInt8)
  }

  /// The message that was to be sent.
  package var message: MessageID
  /// Its conversation.
  package var conversation: ConversationID
  /// What happened.
  package var step: Step
  /// When, by the clock of the device that says so.
  package var at: Timestamp
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// A report.
  package init(_ step: Step, of message: MessageID, in conversation: ConversationID, at: Timestamp) {
    (self.step, self.message, self.conversation, self.at) = (step, message, conversation, at)
  }
}
