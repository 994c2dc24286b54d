public import TLSCodec

/// What stands beside an entry's content, which holds its hash: a log can be shown without it. SPEC.md section 3.3.
public protocol EntryPart: TLSCodable, Hashable, Sendable {
  /// What the content holds of it.
  var partHash: Digest32 { get }
}

/// A part of an entry as the content holds it: on the wire only its hash. The part itself is beside it, unless the log
/// is shown without it.
public struct Committed<Part: EntryPart>: TLSCodable, Hashable, Sendable {
  /// The hash of the part.
  public let hash: Digest32
  /// The part, which has that hash; nil where only the content is at hand.
  public private(set) var part: Part?

  /// Commits to `part`.
  package init(_ part: Part) {
    hash = part.partHash
    self.part = part
  }

  /// Writes the hash.
  public func encode(to writer: inout TLSWriter) { writer.write(hash) }

  /// Reads a hash, without the part.
  public init(from reader: inout TLSReader) throws(TLSError) { hash = try Digest32(from: &reader) }

  func encodePart(to writer: inout TLSWriter) { part?.encode(to: &writer) }

  /// Reads the part, and refuses one that has another hash.
  mutating func readPart(from reader: inout TLSReader) throws(TLSError) {
    let part = try Part(from: &reader)
    guard part.partHash == hash else { throw .invalidValue }
    self.part = part
  }

  /// The hash tells parts apart.
  public static func == (left: Self, right: Self) -> Bool { left.hash == right.hash }

  /// Hashes the hash.
  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
