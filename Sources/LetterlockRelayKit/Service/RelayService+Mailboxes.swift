public import LetterlockFormat

/// Mailboxes. Anyone can post, so a message goes when it expires, and never before to make room for another.
extension RelayService {
  /// Leaves a message in a mailbox.
  public func post(
    _ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller
  ) async throws(RelayError) {
    guard message.count <= RelayLimits.messageByteCount else { throw .tooLarge }
    let now = clock()
    try await sweep(now)
    let time = now.nanosecondsSince1970
    let (end, overflow) = time.addingReportingOverflow(
      Int64(clamping: RelayLimits.messageLifetime.nanoseconds))
    try await store.write(.mailbox(mailbox)) { (rows) throws(RelayError) in
      let present = try StoredMessage.all(rows)
      guard present.count(where: { $0.expires > time }) < RelayLimits.messageCount else { throw .tooLarge }
      // Messages are read in the order in which they expire.
      let last = present.map(\.expires).max() ?? .min
      let expires = max(overflow ? .max : end, last == .max ? .max : last + 1)
      try StoredMessage(message, expires: expires, in: mailbox).put(rows)
    }
  }

  /// Returns everything left in a mailbox.
  public func messages(
    in mailbox: MailboxID, as caller: RelayCaller
  ) async throws(RelayError) -> [[UInt8]] {
    let time = clock().nanosecondsSince1970
    return try await store.read(.mailbox(mailbox)) { (rows) throws(RelayError) in
      let messages = try StoredMessage.all(rows).filter { $0.expires > time }
      guard messages.allSatisfy({ $0.isWhole(in: mailbox) }) else {
        throw .corrupted("A message in a mailbox is damaged.")
      }
      return messages.sorted { $0.expires < $1.expires }.map(\.bytes)
    }
  }

  /// Removes messages that have expired, once in an hour.
  private func sweep(_ now: Timestamp) async throws(RelayError) {
    let hour: Int64 = 3_600_000_000_000
    let isDue = swept.withLock { last in
      if let last, now >= last, now.nanosecondsSince1970 - last.nanosecondsSince1970 < hour { return false }
      last = now
      return true
    }
    if isDue { try await store.removeMessages(expiredBefore: now.nanosecondsSince1970) }
  }
}
