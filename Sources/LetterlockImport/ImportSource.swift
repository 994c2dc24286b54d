#if SQLite
import Foundation
public import Letterlock

/// Why a source was not read, or not to its end.
public enum ImportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no such file, or it may not be read.
  case unreadable(String)
  /// The file is neither a Messages database nor an SMS Backup & Restore file.
  case unknownFormat
  /// The file breaks its format at this byte.
  case malformed(offset: UInt64, String)
  /// The database cannot be read.
  case database(String)

  /// What went wrong, in words.
  public var description: String {
    switch self {
    case .unreadable(let reason): "the file cannot be read: \(reason)"
    case .unknownFormat: "it is neither a Messages database nor an SMS Backup & Restore file"
    case .malformed(let offset, let reason): "the file is broken at byte \(offset): \(reason)"
    case .database(let reason): "the database cannot be read: \(reason)"
    }
  }
}

/// Something that a source holds.
public enum ImportItem: Sendable {
  /// A message, with the files that belong to it.
  case message(ImportedMessage)
  /// Something that is not a message to keep, and why.
  case skipped(ImportSkip)
}

/// Something that is left out, and why.
public struct ImportSkip: Hashable, Sendable {
  /// The reason: one of few, so that skips can be counted by it.
  public let reason: String
  /// Whether it may be a message that should be kept, and cannot be.
  public let isLost: Bool

  init(reason: String, isLost: Bool = false) { (self.reason, self.isLost) = (reason, isLost) }

  /// What should have been kept.
  static func lost(_ reason: String) -> Self { Self(reason: reason, isLost: true) }

  /// More than any record holds.
  static let tooLong = lost("a message too long to be sealed")
}

/// Reads a history from its start to its end, without changing it.
public protocol MessageImporter {
  /// How messages name their source: `chat.db` or `sms.xml`.
  var sourceName: String { get }
  /// How much has been read, from 0 to 1.
  var fractionDone: Double { get }
  /// What is known of the conversations so far; everything, when the end is reached.
  func profiles() throws(ImportError) -> [ConversationProfile]
  /// The next item; nil at the end.
  mutating func next() throws(ImportError) -> ImportItem?
}

/// Finds out what a file is.
public enum ImportSource {
  /// An importer for the file at `path`, chosen by its content.
  /// - Throws: `ImportError.unreadable`, `.unknownFormat`, `.database`.
  public static func open(path: String) throws(ImportError) -> any MessageImporter {
    DatabaseFiles.removeLeft()
    let path = try SourceFile.resolve(path)
    let start = try SourceFile.open(path).read(at: 0, count: 512)
    if start.starts(with: Array("SQLite format 3\0".utf8)) {
      return try AppleMessagesImporter(path: path)
    }
    let text = start.starts(with: [0xef, 0xbb, 0xbf]) ? start.dropFirst(3) : start[...]
    guard text.first(where: { !($0 == 0x20 || (9...13).contains($0)) }) == UInt8(ascii: "<") else {
      throw .unknownFormat
    }
    return try SMSBackupImporter(path: path)
  }
}
#endif
