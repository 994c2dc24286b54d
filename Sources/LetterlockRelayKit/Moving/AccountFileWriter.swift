internal import CryptoCore
internal import LetterlockFormat
internal import TLSCodec

/// Writes an account's file, item by item.
struct AccountFileWriter {
  private let sink: ([UInt8]) throws(AccountMoveError) -> Void
  private var hasher = SHA256Hash.Hasher()

  /// Begins a file.
  init(to sink: @escaping ([UInt8]) throws(AccountMoveError) -> Void) throws(AccountMoveError) {
    self.sink = sink
    try write(AccountFile.magic + FormatVersion.newest.encoded)
  }

  /// Writes an item.
  mutating func write(_ kind: AccountFile.Kind, _ body: [UInt8]) throws(AccountMoveError) {
    var writer = TLSWriter(reserving: 5)
    writer.write(kind.rawValue)
    writer.write(length: body.count)
    try write(writer.bytes)
    try write(body)
  }

  /// Writes the item that ends the file.
  mutating func finish() throws(AccountMoveError) { try write(.end, hasher.finalize()) }

  private mutating func write(_ bytes: [UInt8]) throws(AccountMoveError) {
    hasher.update(bytes)
    try sink(bytes)
  }
}
