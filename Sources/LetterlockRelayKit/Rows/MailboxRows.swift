internal import CryptoCore
internal import LetterlockFormat
internal import TLSCodec

/// A message in a mailbox.
struct StoredMessage {
  /// Random.
  let id: [UInt8]
  /// In nanoseconds since 1970.
  let expires: Int64
  let bytes: [UInt8]
  private let digest: [UInt8]

  /// A new message.
  init(_ bytes: [UInt8], expires: Int64, in mailbox: MailboxID) {
    (id, self.expires, self.bytes) = (SecureRandom.bytes(16), expires, bytes)
    digest = Self.digest(of: bytes, id, expires, in: mailbox)
  }

  private init(_ row: RelayRow) throws(RelayError) {
    (id, expires) = (try row.bytes(0), try row.integer(1))
    (bytes, digest) = (try row.bytes(2), try row.bytes(3))
  }

  /// The messages of the transaction's mailbox.
  static func all(_ rows: any RelayRows) throws(RelayError) -> [StoredMessage] {
    try rows.all(in: .mailbox).map { (row) throws(RelayError) in try StoredMessage(row) }
  }

  /// Adds the message to the transaction's mailbox.
  func put(_ rows: any WritableRelayRows) throws(RelayError) {
    try rows.put(.bytes(id), .integer(expires), .bytes(bytes), .bytes(digest), in: .mailbox)
  }

  /// Whether the row is as it was stored.
  func isWhole(in mailbox: MailboxID) -> Bool { digest == Self.digest(of: bytes, id, expires, in: mailbox) }

  /// SHA-256 over the row.
  private static func digest(
    of bytes: [UInt8], _ id: [UInt8], _ expires: Int64, in mailbox: MailboxID
  ) -> [UInt8] {
    var writer = TLSWriter(reserving: bytes.count + 64)
    writer.write(mailbox)
    writer.write(fixed: id)
    writer.write(UInt64(bitPattern: expires))
    writer.write(opaque: bytes)
    return SHA256Hash.hash(writer.bytes)
  }
}
