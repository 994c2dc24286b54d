#if SQLite
internal import CryptoCore
internal import SQLiteCore
internal import SystemCore
internal import Foundation

/// The files of large sealed attachments, beside a store: SQLite would write each byte twice.
///
/// A file counts only through its row in the store, which is written when the file is on disk.
struct BlobFolder: Sendable {
  private let path: String

  init(besideStore store: String) { path = store + ".blobs" }

  private func path(of blob: some CustomStringConvertible) -> String { path + "/" + blob.description }

  /// Makes an empty file, or empties it.
  func create(_ blob: some CustomStringConvertible) throws(StorageFailure) {
    if !FileManager.default.fileExists(atPath: path) {
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch { throw .unavailable("The folder of attachments cannot be made.") }
      try failing("made") { () throws(DurableFileError) in try DurableFile.synchroniseFolder(of: path) }
    }
    try failing("made") { () throws(DurableFileError) in
      _ = try RandomAccessFile(path(of: blob), .creating)
      try DurableFile.synchroniseFolder(of: path(of: blob))
    }
  }

  /// Writes bytes in their place.
  func write(_ bytes: RawSpan, to blob: some CustomStringConvertible, at offset: UInt64)
    throws(StorageFailure)
  {
    try failing("written") { () throws(DurableFileError) in
      try RandomAccessFile(path(of: blob), .writing).write(bytes, at: offset)
    }
  }

  /// Fills `output` from a place on; gives how many bytes there were, none of a file that is not there.
  func read(
    _ blob: some CustomStringConvertible, at offset: UInt64, into output: inout MutableRawSpan
  ) throws(StorageFailure) -> Int {
    do throws(DurableFileError) {
      return try RandomAccessFile(path(of: blob), .reading).read(at: offset, into: &output)
    } catch {
      guard case .failed("open", _) = error else { throw .unavailable("An attachment cannot be read.") }
      return 0
    }
  }

  /// The bytes from a place on, at most `count` of them; none of a file that is not there.
  func bytes(
    of blob: some CustomStringConvertible, at offset: UInt64, count: Int
  ) throws(StorageFailure) -> [UInt8] {
    do throws(DurableFileError) {
      return try RandomAccessFile(path(of: blob), .reading).bytes(at: offset, count: count)
    } catch {
      guard case .failed("open", _) = error else { throw .unavailable("An attachment cannot be read.") }
      return []
    }
  }

  /// Copies a file to another folder, which it makes if it is not there. Returns false if there is no such file.
  func copy(_ blob: some CustomStringConvertible, to other: BlobFolder) throws(StorageFailure) -> Bool {
    guard contains(blob) else { return false }
    try other.create(blob)
    var offset: UInt64 = 0
    while true {
      let part = try bytes(of: blob, at: offset, count: 1 << 20)
      guard !part.isEmpty else { break }
      try part.withRawSpan { (span) throws(StorageFailure) in try other.write(span, to: blob, at: offset) }
      offset += UInt64(part.count)
    }
    try other.synchronise(blob)
    return true
  }

  /// Whether there is a file.
  func contains(_ blob: some CustomStringConvertible) -> Bool {
    FileManager.default.fileExists(atPath: path(of: blob))
  }

  /// How long a file is; 0 if it is not there.
  func byteCount(of blob: some CustomStringConvertible) -> UInt64 {
    (try? RandomAccessFile(path(of: blob), .reading).byteCount) ?? 0
  }

  /// When a file was last written to; nil if it is not there.
  func modified(_ blob: some CustomStringConvertible) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: path(of: blob)))?[.modificationDate] as? Date
  }

  /// Waits until a file is on disk.
  func synchronise(_ blob: some CustomStringConvertible) throws(StorageFailure) {
    try failing("written") { () throws(DurableFileError) in
      try RandomAccessFile(path(of: blob), .writing).synchronise()
    }
  }

  /// Removes a file, if it is there.
  func remove(_ blob: some CustomStringConvertible) {
    try? FileManager.default.removeItem(atPath: path(of: blob))
  }

  /// The names of all files.
  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

  private func failing(
    _ what: String, _ body: () throws(DurableFileError) -> Void
  ) throws(StorageFailure) {
    do throws(DurableFileError) { try body() } catch {
      guard case .failed(_, ENOSPC) = error else {
        throw .unavailable("The file of an attachment cannot be \(what).")
      }
      throw .unavailable("The disk is full.")
    }
  }
}
#endif
