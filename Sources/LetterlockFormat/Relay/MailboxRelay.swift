public import TLSCodec

/// Mailboxes in which devices that join and those that approve them leave messages for each other. SPEC.md section 3.6.
/// See `Relay` for what holds for every operation.
public protocol MailboxRelay: Sendable {
  /// Leaves a message of at most `RelayLimits.messageByteCount` bytes for whoever knows the mailbox's name. Called by
  /// anyone. It stays for `RelayLimits.messageLifetime` at least.
  ///
  /// Not idempotent: a message that is posted again is there twice.
  /// - Throws: `.tooLarge` if the message is, or the mailbox is full.
  func post(_ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError)

  /// Returns the messages in a mailbox, the oldest first. Called by anyone.
  func messages(in mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) -> [[UInt8]]
}

/// Names a mailbox: who knows the name can post and read. 32 bytes. SPEC.md section 3.6.
public struct MailboxID: FixedBytes {
  /// 32.
  public static let byteCount = 32
  /// The name.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}
