/// Accounts at a relay: their logs, the epoch secrets wrapped for their devices, and their end. See `Relay` for what
/// holds for every operation.
public protocol AccountRelay: Sendable {
  /// Begins an account with its first entry and the wraps that the entry names. Called by anyone.
  ///
  /// The same entry once more changes nothing.
  /// - Throws: `.entryRefused` if the entry breaks a rule of the log, `.wrongWraps`, `.accountExists` if another account
  ///   has this recovery device or the account was erased.
  func createAccount(_ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller) async throws(RelayError)

  /// Returns the account whose newest recovery device this is. Called by that device: anyone else, and a device that
  /// recovers nothing, get nil. An account that was erased is still found.
  func account(recoveredBy device: DeviceID, as caller: RelayCaller) async throws(RelayError) -> AccountID?

  /// Returns the entries of a log from an index on, in order; none from the log's end on.
  ///
  /// Called by a reader, after the account was erased too. A device that was removed gets the entries up to the
  /// one that removed it.
  func logEntries(
    of account: AccountID, from index: UInt64, as caller: RelayCaller
  ) async throws(RelayError) -> [LogEntry]

  /// Adds an entry that follows the newest one, stores the wraps that it names, and erases the wraps of devices that it
  /// removes.
  ///
  /// Called by a reader, who need not be the entry's signer: an active device also sends the entry that a recovery key
  /// signed on it. An entry that is in the log changes nothing once more, however old it is.
  /// - Throws: `.staleLogHead` if the entry does not follow the newest one, `.staleHistory` if its epoch does not begin
  ///   where the history ends: synchronise and sign again. The signer of a `remove` that is refused so may have the next
  ///   three seconds for itself. `.tooManyEntries` if the signer has to wait. `.entryRefused` if the entry breaks a rule of
  ///   the log, `.wrongWraps`, `.accountExists` if a recovery device that it brings in, or announces, is another
  ///   account's.
  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError)

  /// Holds an account: while the hold lasts, every write of any other caller is refused with `.recoveryUnderway`. Reads go
  /// on. Called by the recovery device.
  ///
  /// Once more, it lasts longer.
  /// - Returns: When the hold ends, by the relay's clock.
  func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp

  /// Ends a hold. Called by the recovery device. Changes nothing if there is no hold.
  func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError)

  /// Returns a device's wrap of an epoch's secret; nil if there is none. Called by that device, if it is a reader.
  func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8]?

  /// Returns how many bytes the account keeps, by kind. Called by a reader.
  func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage

  /// Orders to erase everything of an account but its log, which tells who may order it, and the order.
  ///
  /// Called by the reader that signed the order. The recovery device's takes effect at once. Any other waits for 72 hours;
  /// a log entry that comes before that voids it. The rows go in several transactions after it has taken effect. The same
  /// order once more changes nothing but that it goes on with what is left.
  /// - Returns: The order that waits now: this one, or one that came before it. Nil if this one has taken effect.
  /// - Throws: `.erasureRefused`; `.staleLogHead` or `.staleHistory` if the order is not about the newest state;
  ///   `.accountErased` if another order has taken effect.
  func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure?

  /// Returns the order to erase the account that waits; nil if there is none. Called by a reader.
  func pendingErasure(of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> PendingErasure?
}
