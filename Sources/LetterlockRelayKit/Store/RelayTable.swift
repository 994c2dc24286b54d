/// The tables of a relay: everything that it learns of an account, a mailbox or a recovery device. SPEC.md section 9
/// says what each column tells.
public enum RelayTable: String, CaseIterable, Sendable {
  /// One row for each account: what changes with each write.
  case account
  /// Each device's newest signed batch.
  case author
  /// The history's root after each of its newest signed batches.
  case root
  /// The account's log.
  case logEntry = "log_entry"
  /// Epoch secrets wrapped for devices.
  case wrap
  /// Signed batches.
  case batch
  /// Records. One that was erased has no row.
  case record
  /// The tree over all records: 256 neighbouring hashes of every eighth level in a row.
  case tree
  /// Streams, by their newest records.
  case stream
  /// Which records of a batch are a stream's.
  case streamPart = "stream_part"
  /// Sealed attachments.
  case blob
  /// Their bytes.
  case blobPart = "blob_part"
  /// Uploads that are not complete, by device.
  case unfinishedBlob = "unfinished_blob"
  /// The order to erase an account, which waits or has taken effect.
  case erasure
  /// What the operator has decided about an account: its own quota, and that it was moved away.
  case accountSetting = "account_setting"
  /// Which account a recovery device leads to.
  case recovery
  /// Messages in mailboxes.
  case mailbox

  /// A column after the distribution key.
  public struct Column: Hashable, Sendable {
    /// The name.
    public let name: String
    /// Whether its values are numbers; otherwise they are bytes.
    public let isInteger: Bool

    static func integer(_ name: String) -> Column { Column(name: name, isInteger: true) }
    static func bytes(_ name: String) -> Column { Column(name: name, isInteger: false) }
  }

  /// The name of the table.
  public var name: String { rawValue }

  /// The name of the first column, which is the distribution key: 32 bytes.
  public var distributionColumn: String {
    switch self {
    case .recovery: "recovery"
    case .mailbox: "mailbox"
    default: "account"
    }
  }

  /// The other columns, in order.
  public var columns: [Column] { keyColumns + valueColumns }

  /// The columns that, after the distribution key, tell a row from every other.
  public var keyColumns: [Column] {
    switch self {
    case .account, .erasure, .accountSetting, .recovery: []
    case .author: [.bytes("device")]
    case .root: [.integer("size")]
    case .logEntry: [.integer("idx")]
    case .wrap: [.bytes("device"), .integer("epoch")]
    case .batch: [.integer("first_leaf")]
    case .record: [.integer("leaf")]
    case .tree: [.integer("level"), .integer("tile")]
    case .stream: [.integer("newest")]
    case .streamPart: [.bytes("tag"), .integer("first_leaf")]
    case .blob: [.bytes("blob")]
    case .blobPart: [.bytes("blob"), .integer("offset")]
    case .unfinishedBlob: [.bytes("device"), .bytes("blob")]
    case .mailbox: [.bytes("id")]
    }
  }

  private var valueColumns: [Column] {
    switch self {
    case .account:
      [
        .integer("version"), .bytes("tree"), .integer("epoch"), .integer("log_bytes"),
        .integer("record_bytes"),
        .integer("blob_bytes"), .bytes("control"), .bytes("digest"),
      ]
    case .author: [.integer("counter"), .bytes("batch_hash")]
    case .root: [.bytes("root")]
    case .logEntry: [.bytes("entry")]
    case .wrap: [.bytes("wrap")]
    case .batch: [.bytes("signed_batch"), .bytes("erasures")]
    case .record: [.bytes("bytes")]
    case .tree: [.bytes("hashes")]
    case .stream: [.bytes("tag"), .integer("count")]
    case .streamPart: [.bytes("indices")]
    case .blob: [.bytes("upload"), .integer("received")]
    case .blobPart: [.bytes("bytes")]
    case .unfinishedBlob: [.integer("begun"), .bytes("digest")]
    case .erasure: [.bytes("request"), .integer("received"), .bytes("final")]
    case .accountSetting: [.integer("quota"), .integer("moved"), .bytes("digest")]
    case .recovery: [.bytes("account")]
    case .mailbox: [.integer("expires"), .bytes("message"), .bytes("digest")]
    }
  }
}

extension RelayTable {
  /// Every table of accounts' rows that an order to erase an account empties.
  package static let erased = allCases.filter {
    $0.distributionColumn == "account" && ![.account, .logEntry, .erasure, .accountSetting].contains($0)
  }
}
