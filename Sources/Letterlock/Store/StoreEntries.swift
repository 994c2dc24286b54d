/// A value in the key space of a device's store, with its key.
public struct StoreEntry: Hashable, Sendable {
  /// The key.
  public let key: [UInt8]
  /// The value, sealed by the device.
  public let value: [UInt8]

  /// Creates an entry.
  public init(key: [UInt8], value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

/// A change of the key space of a device's store.
public enum StoreChange: Hashable, Sendable {
  /// Puts a value at its key, in place of the value that is there.
  case put(StoreEntry)
  /// Removes the value at a key, if there is one.
  case remove(key: [UInt8])
  /// Removes every value whose key is in the range.
  case removeAll(EntryRange)
  /// Changes nothing, and has the whole call throw `StoreError.conflict` and change nothing either, unless the value at the
  /// key is this one, byte by byte; nil stands for no value.
  case require(key: [UInt8], value: [UInt8]?)
}

extension StoreChange {
  fileprivate var isRequirement: Bool {
    if case .require = self { true } else { false }
  }
}

/// A range of keys: from one key on, and up to another that is not in the range.
///
/// Keys are ordered byte by byte, each byte as a number from 0 to 255; a key that is the beginning of
/// another comes before it.
public struct EntryRange: Hashable, Sendable {
  /// The first key that can be in the range.
  public let lowerBound: [UInt8]
  /// The first key after the range; nil if the range has no end.
  public let upperBound: [UInt8]?

  /// Creates the range of the keys from `lowerBound` on, up to `upperBound` and without it.
  public init(from lowerBound: [UInt8], to upperBound: [UInt8]? = nil) {
    self.lowerBound = lowerBound
    self.upperBound = upperBound
  }

  /// Every key.
  public static let all = EntryRange(from: [])

  /// Creates the range of the keys that begin with `prefix`.
  public init(prefix: [UInt8]) {
    lowerBound = prefix
    var end = prefix
    while end.last == .max { end.removeLast() }
    guard let last = end.popLast() else {
      upperBound = nil
      return
    }
    upperBound = end + [last + 1]
  }

  /// Whether a key is in the range.
  public func contains(_ key: [UInt8]) -> Bool {
    guard !key.lexicographicallyPrecedes(lowerBound) else { return false }
    return upperBound.map { key.lexicographicallyPrecedes($0) } ?? true
  }
}

/// The order in which a range of the key space is read.
public enum EntryOrder: Hashable, Sendable {
  /// From the smallest key on.
  case ascending
  /// From the greatest key on.
  case descending
}

/// The key space in memory: entries sorted by their keys.
struct SortedEntries: Sendable {
  private var entries: [StoreEntry] = []

  /// The position of the first entry whose key is not smaller.
  private func position(of key: [UInt8]) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func positions(in range: EntryRange) -> Range<Int> {
    let first = position(of: range.lowerBound)
    return first..<max(first, range.upperBound.map(position) ?? entries.count)
  }

  func value(at key: [UInt8]) -> [UInt8]? {
    let position = position(of: key)
    return position < entries.count && entries[position].key == key ? entries[position].value : nil
  }

  func entries(in range: EntryRange, _ order: EntryOrder, limit: Int) -> [StoreEntry] {
    let (found, limit) = (entries[positions(in: range)], max(0, limit))
    return switch order {
    case .ascending: Array(found.prefix(limit))
    case .descending: Array(found.suffix(limit).reversed())
    }
  }

  /// Applies all changes or none.
  mutating func apply(_ changes: [StoreChange]) throws(StoreError) {
    let before = changes.contains(where: \.isRequirement) ? self : nil
    for change in changes {
      switch change {
      case .put(let entry):
        remove(entry.key)
        entries.insert(entry, at: position(of: entry.key))
      case .remove(let key): remove(key)
      case .removeAll(let range): entries.removeSubrange(positions(in: range))
      case .require(let key, let value):
        guard self.value(at: key) == value else {
          if let before { self = before }
          throw .conflict
        }
      }
    }
  }

  private mutating func remove(_ key: [UInt8]) {
    let position = position(of: key)
    if position < entries.count, entries[position].key == key { entries.remove(at: position) }
  }
}
