/// Deleting: first to recently deleted, from where a person takes things back; then for good.
extension Device {
  /// Moves messages to recently deleted, on every device; all of the conversation so far if none are named.
  ///
  /// Nothing is erased until `eraseDeleted(before:confirmingEverything:)`.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`.
  public func delete(
    _ messages: [MessageID] = [], in conversation: ConversationID, at time: Timestamp = .now
  ) throws(DeviceError) {
    try parts.history.deletion.enqueue(.deleted, messages, conversation, time)
  }

  /// Takes messages back out of recently deleted; all of the conversation's if none are named.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`.
  public func recover(
    _ messages: [MessageID] = [], in conversation: ConversationID, at time: Timestamp = .now
  ) throws(DeviceError) {
    try parts.history.deletion.enqueue(.recovered, messages, conversation, time)
  }

  /// Erases for good what was moved to recently deleted before a time: here, at the relay, and on every device
  /// that synchronises. Hashes stay, so that nobody takes it for a loss. Returns the number of messages.
  ///
  /// What a source had in recently deleted when it was imported stays.
  /// - Parameter isConfirmed: whether the person has said a second time that no message is to be left.
  /// - Throws: `DeviceError.wouldEraseEverything` without that confirmation, and as `sync()`.
  public func eraseDeleted(
    before cutoff: Timestamp, confirmingEverything isConfirmed: Bool = false
  ) async throws(DeviceError) -> Int {
    try await parts.history.deletion.erase(before: cutoff, confirmingEverything: isConfirmed)
  }

  /// Erases for good what has been in recently deleted for as long as `settings()` says, 30 days unless set: here,
  /// at the relay, and on every device that synchronises. Returns the number of messages.
  ///
  /// A clock that is wrong erases nothing early: the time must have come by the history, too, in which devices say
  /// about once a day what their clocks show. With one device alone that takes up to a week longer.
  /// - Parameters:
  ///   - days: another length than the setting's; 0 erases at once, since a person said so.
  ///   - isConfirmed: whether the person has said a second time that no message is to be left.
  /// - Throws: `DeviceError.wouldEraseEverything` without that confirmation, and as `sync()`.
  public func eraseExpired(
    after days: Int? = nil, confirmingEverything isConfirmed: Bool = false
  ) async throws(DeviceError) -> Int {
    try await parts.history.deletion.eraseExpired(after: days, confirmingEverything: isConfirmed)
  }
}
