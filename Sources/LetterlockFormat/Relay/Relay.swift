/// A server that stores, orders and returns bytes, and can read none of them.
///
/// Everything that a relay learns is in SPEC.md section 9. `RelayService` in the product LetterlockRelayKit holds a
/// relay's rules over any store; to write another relay, forward these calls to one, or to a server that has one.
///
/// What holds for every operation:
///
/// - **Atomic.** A write takes effect as a whole or not at all, and is durable when the call returns. A read is of one
///   state of the account.
/// - **Callers.** `caller` is who asks. SPEC.md section 7.7 has the table of who may make which call: a *reader* is an
///   active device or the recovery device, a *writer* is an active device but not the recovery device. A caller that may
///   not make a call, and one that asks for an account that does not exist, get the same error,
///   `RelayError.unknownAccount`.
/// - **Retries.** After `.unavailable`, which leaves open whether a write took effect, the same call may be made again
///   unless the operation says otherwise.
/// - **Errors of every operation.** `.unavailable` and `.internalError`; `.corrupted` if what is stored is damaged;
///   `.tooLarge` if the request exceeds `RelayLimits`; and of every operation on an account but `logEntries`:
///   `.accountErased` after the account was erased. Of every write to an account: `.recoveryUnderway` while its recovery
///   device holds it, and `.removalUnderway` while another device has its turn (SPEC.md section 7.8). Both say when to
///   try again; nothing was changed.
public protocol Relay: AccountRelay, HistoryRelay, StreamRelay, BlobRelay, MailboxRelay,
  RestorableRelay
{}
