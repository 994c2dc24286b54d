/// Reading the newest messages without the rest of the history.
extension Device {
  /// The newest messages of a conversation, at least `count` of them if there are so many, without the rest of the
  /// history.
  ///
  /// What the page proves and what it does not, `ConversationWindow` says. A later synchronisation refuses a history
  /// that is not the one in which this page was proven.
  /// - Throws: `DeviceError.historyRefused` with the verdict if the relay's answer breaks a rule; `.relay`, `.noRelay`,
  ///   `.store`.
  public func newestMessages(
    in conversation: ConversationID, count: Int = 50
  ) async throws(DeviceError) -> ConversationWindow {
    try await parts.history.newest.messages(in: conversation, count: count)
  }

  /// Adds older messages to a window, at least `count` if there are so many.
  /// - Throws: as `newestMessages(in:count:)`.
  public func extend(_ window: inout ConversationWindow, by count: Int = 50) async throws(DeviceError) {
    window = try await parts.history.newest.extended(window, by: count)
  }

  /// The conversations with the newest records, at least `count` if there are so many, without the rest of the history.
  ///
  /// Each one's newest record is proven as in `newestMessages(in:count:)`; that no conversation is left out is not.
  /// - Throws: as `newestMessages(in:count:)`.
  public func newestConversations(count: Int = 20) async throws(DeviceError) -> [ConversationSummary] {
    try await parts.history.newest.conversations(count: count)
  }
}
