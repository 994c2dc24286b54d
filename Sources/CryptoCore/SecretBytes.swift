internal import CSodium

/// Secret bytes that are wiped when they go out of use, do not print, do not copy, and compare in constant
/// time.
///
/// `.guarded` ones lie between inaccessible pages and are locked into memory: they cost about 25 µs and
/// 8 KiB each, so they are for the few keys that live long.
public struct SecretBytes: ~Copyable, Sendable {
  private let region: SecretRegion

  /// Where secret bytes lie.
  public enum Placement: Sendable {
    /// In ordinary memory.
    case heap
    /// Between guard pages, locked; ordinary memory if the system has no more such pages.
    case guarded
  }

  /// How many bytes there are.
  public var byteCount: Int { region.byteCount }

  /// Random bytes.
  public init(random byteCount: Int, placement: Placement = .heap) {
    self.init(byteCount: byteCount, placement: placement) { SecureRandom.fill(&$0) }
  }

  /// A copy of an array, which remains the caller's to wipe.
  public init(copying bytes: [UInt8], placement: Placement = .heap) {
    self.init(byteCount: bytes.count, placement: placement) { $0.copy(bytes, to: 0) }
  }

  /// A copy of other bytes.
  public init(copying bytes: RawSpan, placement: Placement = .heap) {
    self.init(byteCount: bytes.byteCount, placement: placement) { $0.copy(bytes, to: 0) }
  }

  /// Bytes that `body` writes over zeros; if it throws, they are wiped.
  public init<Failure: Error>(
    byteCount: Int, placement: Placement = .heap,
    initializingWith body: (inout MutableRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    let region = SecretRegion(byteCount: byteCount, placement: placement)
    try region.withMutableBytes(body)
    self.region = region
  }

  fileprivate init(_ region: SecretRegion) { self.region = region }

  /// Lends the bytes for reading.
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try region.withBytes(body)
  }

  /// A second copy, wiped on its own.
  public borrowing func duplicate() -> SecretBytes {
    withBytes { SecretBytes(copying: $0) }
  }

  /// Whether the bytes are the same: in constant time for equal sizes, false for others.
  public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
    region.isEqual(to: other.region)
  }

  /// The bytes as an array that nobody wipes. Search for this name to find every place where secrets leave.
  public borrowing func exportRawBytes() -> [UInt8] { withBytes { $0.array(0..<$0.byteCount) } }

  fileprivate consuming func takeRegion() -> SecretRegion { region }
}

/// A secret that is shared and, while it is, never changes: for dictionaries and classes. It is wiped with its last
/// reference, prints nothing, is not Codable and not Hashable.
public final class SecretKey: Sendable {
  private let region: SecretRegion

  /// How many bytes there are.
  public var byteCount: Int { region.byteCount }

  /// Takes secret bytes over.
  public init(_ bytes: consuming SecretBytes) { region = bytes.takeRegion() }

  /// Random bytes.
  public convenience init(random byteCount: Int) { self.init(SecretBytes(random: byteCount)) }

  /// A copy of an array, which remains the caller's to wipe.
  public convenience init(copying bytes: [UInt8]) { self.init(SecretBytes(copying: bytes)) }

  /// Lends the bytes for reading.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try region.withBytes(body)
  }

  /// Puts other bytes in a key's place: over the old ones if nobody else holds the key and they are as many.
  package static func replace(_ key: inout SecretKey, with bytes: RawSpan) {
    guard bytes.byteCount == key.byteCount, isKnownUniquelyReferenced(&key) else {
      key = SecretKey(SecretBytes(copying: bytes))
      return
    }
    key.region.withMutableBytes { $0.copy(bytes, to: 0) }
  }

  /// A second copy, wiped on its own.
  package func duplicate() -> SecretKey { withBytes { SecretKey(SecretBytes(copying: $0)) } }

  /// Whether the bytes are the same: in constant time for equal sizes, false for others.
  public func isEqual(to other: SecretKey) -> Bool { region.isEqual(to: other.region) }

  /// The bytes as an array that nobody wipes. Search for this name to find every place where secrets leave.
  public func exportRawBytes() -> [UInt8] { withBytes { $0.array(0..<$0.byteCount) } }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The size, and nothing of the content.
  public var description: String { "SecretKey(\(byteCount) bytes)" }
  /// The size, and nothing of the content.
  public var debugDescription: String { description }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
