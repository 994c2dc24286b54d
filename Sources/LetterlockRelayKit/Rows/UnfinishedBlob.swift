internal import CryptoCore
internal import LetterlockFormat
internal import TLSCodec

/// An upload that is not complete, by its device: a device has only so many. SPEC.md section 7.3.
struct UnfinishedBlob {
  let device: [UInt8]
  let blob: [UInt8]
  /// In nanoseconds since 1970.
  private let time: Int64
  private let digest: [UInt8]

  /// An upload that begins.
  init(_ upload: BlobUpload, begun: Timestamp) {
    (device, blob, time) = (upload.device.bytes, upload.blob.bytes, begun.nanosecondsSince1970)
    digest = Self.digest(device, blob, time)
  }

  private init(_ row: RelayRow) throws(RelayError) {
    (device, blob) = (try row.bytes(0), try row.bytes(1))
    (time, digest) = (try row.integer(2), try row.bytes(3))
  }

  /// When the upload was begun.
  var begun: Timestamp { Timestamp(nanosecondsSince1970: time) }

  /// Whether the row is as it was stored.
  var isWhole: Bool { digest == Self.digest(device, blob, time) }

  /// The row of an upload; nil if it is complete.
  static func find(_ upload: BlobUpload, in rows: any RelayRows) throws(RelayError) -> UnfinishedBlob? {
    let row = try rows.row(in: .unfinishedBlob, .bytes(upload.device.bytes), .bytes(upload.blob.bytes))
    return try row.map { (row) throws(RelayError) in try UnfinishedBlob(row) }
  }

  /// All of the transaction's account.
  static func all(_ rows: any RelayRows) throws(RelayError) -> [UnfinishedBlob] {
    try rows.all(in: .unfinishedBlob).map { (row) throws(RelayError) in try UnfinishedBlob(row) }
  }

  /// Whether a device has so many.
  static func reach(
    _ count: Int, of device: DeviceID, in rows: any RelayRows
  ) throws(RelayError) -> Bool {
    let range = RowRange([.bytes(device.bytes)])
    return try rows.rows(in: .unfinishedBlob, range, .ascending, limit: count).count >= count
  }

  func put(_ rows: any WritableRelayRows) throws(RelayError) {
    try rows.put(.bytes(device), .bytes(blob), .integer(time), .bytes(digest), in: .unfinishedBlob)
  }

  /// Drops the row of an upload that is complete, or goes.
  static func remove(_ upload: BlobUpload, in rows: any WritableRelayRows) throws(RelayError) {
    try rows.remove(
      RowRange([.bytes(upload.device.bytes), .bytes(upload.blob.bytes)]), in: .unfinishedBlob)
  }

  /// SHA-256 over the row.
  private static func digest(_ device: [UInt8], _ blob: [UInt8], _ time: Int64) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(opaque: device)
    writer.write(opaque: blob)
    writer.write(UInt64(bitPattern: time))
    return SHA256Hash.hash(writer.bytes)
  }
}
