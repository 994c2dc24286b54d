#if SQLite
internal import CryptoCore
internal import GRDB
public import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// What devices that join leave for each other. Anyone can post, so old messages make room for new ones.
extension SQLiteRelay {
  /// Leaves a message in a mailbox, which holds 16 of 64 KiB.
  public func post(_ message: [UInt8], to mailbox: MailboxID) async throws(RelayError) {
    guard message.count <= RelayLimits.messageByteCount else { throw .tooLarge }
    try await write { db in
      let count = try db.number(
        "SELECT count(*) FROM mailbox WHERE mailbox = ?", [mailbox.bytes.stored])
      guard count < RelayLimits.messageCount else { throw RelayError.tooLarge }
      try db.run(
        "INSERT INTO mailbox (mailbox, message, digest) VALUES (?, coalesce(?, x''), ?)",
        [
          mailbox.bytes.stored, message.stored, Self.digest(of: message, in: mailbox).stored,
        ])
      try db.run(
        "DELETE FROM mailbox WHERE seq <= ?",
        [db.lastInsertedRowID - RelayLimits.totalMessageCount])
    }
  }

  /// Everything left in a mailbox.
  public func messages(in mailbox: MailboxID) async throws(RelayError) -> [[UInt8]] {
    try await read { db in
      var messages: [[UInt8]] = []
      let sql = "SELECT message, digest FROM mailbox WHERE mailbox = ? ORDER BY seq"
      try db.forEachRow(sql, [mailbox.bytes.stored]) { row in
        let message = try row.bytes(0)
        guard try row.bytes(1) == Self.digest(of: message, in: mailbox) else {
          throw StorageFailure.corrupted("A message in a mailbox is damaged.")
        }
        messages.append(message)
      }
      return messages
    }
  }

  /// SHA-256 of the mailbox's name and the message.
  static func digest(of message: [UInt8], in mailbox: MailboxID) -> [UInt8] {
    SHA256Hash.hash(mailbox.bytes + message)
  }
}
#endif
