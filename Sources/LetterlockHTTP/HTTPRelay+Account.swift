#if HTTP
public import LetterlockFormat
internal import LetterlockHTTPFormat
internal import TLSCodec

extension HTTPRelay {
  /// Asks, and decodes the answer.
  func ask<Answer: TLSCodable>(_ call: RelayCall) async throws(RelayError) -> Answer {
    let answer = try await answer(to: call)
    do { return try Answer(decoding: answer.body) } catch { throw .strangeAnswer }
  }

  /// Has something done that has no answer.
  func tell(_ call: RelayCall) async throws(RelayError) { _ = try await answer(to: call, [204]) }
}

/// Accounts. `AccountRelay` says what each operation does.
extension HTTPRelay {
  /// Returns what the relay signs checkpoints with, as it says now.
  public func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8] {
    try await fetchCheckpointKey()
  }

  /// Begins an account. The request is not signed: anyone may.
  public func createAccount(
    _ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller
  ) async throws(RelayError) {
    let body = EntryRequest(entry: entry, wraps: wraps).encoded
    try await tell(
      RelayCall(operation: .createAccount, body: body, registrationToken: registrationToken))
  }

  /// Returns the account whose newest recovery device this is.
  public func account(
    recoveredBy device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> AccountID? {
    // Nobody else gets an answer.
    guard caller.device == device, let keys = caller.keys else { return nil }
    let body = RecoveryRequest(signingKeys: keys.signingKeys).encoded
    return try await ask(RelayCall(operation: .recoveredAccount, caller: caller, body: body))
  }

  /// Returns the entries of a log from an index on.
  public func logEntries(
    of account: AccountID, from index: UInt64, as caller: RelayCaller
  ) async throws(RelayError) -> [LogEntry] {
    var query = QueryItems()
    query.add("from", index)
    return try await ask(RelayCall(operation: .logEntries, account: account, caller: caller, query: query))
  }

  /// Adds an entry to a log.
  public func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    let body = EntryRequest(entry: entry, wraps: wraps).encoded
    try await tell(RelayCall(operation: .appendLogEntry, account: account, caller: caller, body: body))
  }

  /// Holds an account for its recovery device.
  public func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    try await ask(RelayCall(operation: .hold, account: account, caller: caller))
  }

  /// Ends a hold.
  public func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    try await tell(RelayCall(operation: .release, account: account, caller: caller))
  }

  /// Returns the caller's wrap of an epoch's secret.
  public func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8]? {
    // A device gets its own; the request names no other.
    guard caller.device == device else { throw .unknownAccount }
    var query = QueryItems()
    query.add("epoch", epoch)
    let wrap: Opaque? = try await ask(
      RelayCall(operation: .wrap, account: account, caller: caller, query: query))
    return wrap?.bytes
  }

  /// Returns what the account keeps.
  public func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage {
    try await ask(RelayCall(operation: .usage, account: account, caller: caller))
  }

  /// Orders to erase an account.
  public func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? {
    try await ask(
      RelayCall(operation: .eraseAccount, account: account, caller: caller, body: erasure.encoded))
  }

  /// Returns the order that waits.
  public func pendingErasure(
    of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? {
    try await ask(RelayCall(operation: .pendingErasure, account: account, caller: caller))
  }
}

/// Mailboxes. Requests are not signed: anyone may use one whose name it knows, and the relay learns no device from it.
extension HTTPRelay {
  /// Leaves a message in a mailbox.
  public func post(
    _ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller
  ) async throws(RelayError) {
    guard message.count <= RelayLimits.messageByteCount else { throw .tooLarge }
    let body = PostRequest(mailbox: mailbox, message: Opaque(message)).encoded
    try await tell(RelayCall(operation: .post, body: body))
  }

  /// Returns the messages in a mailbox.
  public func messages(
    in mailbox: MailboxID, as caller: RelayCaller
  ) async throws(RelayError) -> [[UInt8]] {
    let messages: [Opaque] = try await ask(RelayCall(operation: .messages, body: mailbox.encoded))
    return messages.map(\.bytes)
  }
}
#endif
