internal import CryptoCore

/// Why the sealed key space did not do what it was asked.
enum SealedSpaceError: Error, Hashable {
  /// The store failed.
  case store(StoreError)
  /// Another device sealed the value.
  case foreign
  /// The value was changed after it was sealed, or belongs to another key.
  case damaged
  /// The task was cancelled.
  case cancelled
  /// A fault of this library.
  case internalError
}

/// The key space of a device's store, sealed: the store sees keys and ciphertexts. SPEC.md section 8.5.
struct SealedSpace: Sendable {
  private let store: any DeviceStore
  private let key: SecretKey
  private let tag: [UInt8]

  private static let tagByteCount = 4
  private typealias Cipher = XChaCha20Poly1305

  /// Creates the space of the device that has a signing seed.
  init(
    _ store: any DeviceStore, signingSeed: SecretKey, account: AccountID
  ) throws(SealedSpaceError) {
    self.store = store
    do {
      key = try Derivation.secret(from: signingSeed, purpose: "device notes", context: account.bytes)
      tag = try Derivation.publicBytes(
        from: key, purpose: "device notes tag", context: [], byteCount: Self.tagByteCount)
    } catch { throw .internalError }
  }

  /// Returns the value at a key, opened; nil if there is none.
  func value(at key: [UInt8]) throws(SealedSpaceError) -> [UInt8]? {
    guard let sealed = try sealedValue(at: key) else { return nil }
    return try open(sealed, at: key)
  }

  /// Returns the value at a key as the store has it; nil if there is none.
  func sealedValue(at key: [UInt8]) throws(SealedSpaceError) -> [UInt8]? {
    try storing { () throws(StoreError) in try store.value(at: key) }
  }

  /// Returns the entries in a range of keys, opened, at most `limit` of them.
  func entries(
    in range: EntryRange, order: EntryOrder = .ascending, limit: Int
  ) throws(SealedSpaceError) -> [StoreEntry] {
    let sealed = try storing { () throws(StoreError) in
      try store.entries(in: range, order: order, limit: limit)
    }
    return try sealed.map { (entry) throws(SealedSpaceError) in
      StoreEntry(key: entry.key, value: try open(entry.value, at: entry.key))
    }
  }

  /// Returns the greatest key in a range whose value this device sealed; nil if there is none.
  func greatestKey(in range: EntryRange) throws(SealedSpaceError) -> [UInt8]? {
    var rest = range
    while true {
      let sealed = try storing { () throws(StoreError) in
        try store.entries(in: rest, order: .descending, limit: 16)
      }
      guard let smallest = sealed.last else { return nil }
      if let found = sealed.first(where: { (try? open($0.value, at: $0.key)) != nil }) { return found.key }
      rest = EntryRange(from: range.lowerBound, to: smallest.key)
    }
  }

  /// Returns the entries of a range that this device can open, opened.
  func readable(in range: EntryRange) throws(SealedSpaceError) -> [StoreEntry] {
    let sealed = try storing { () throws(StoreError) in
      try store.entries(in: range, order: .ascending, limit: .max)
    }
    return sealed.compactMap { entry in
      (try? open(entry.value, at: entry.key)).map { StoreEntry(key: entry.key, value: $0) }
    }
  }

  /// Seals the values of changes: what a store takes, by itself or with `commit`, `stage`, `fill` or `enqueue`.
  func sealed(_ changes: [StoreChange]) throws(SealedSpaceError) -> [StoreChange] {
    try changes.map { (change) throws(SealedSpaceError) in
      guard case .put(let entry) = change else { return change }
      return .put(StoreEntry(key: entry.key, value: try seal(entry.value, at: entry.key)))
    }
  }

  /// Seals changes and applies them, in one transaction of their own.
  func apply(_ changes: [StoreChange]) throws(SealedSpaceError) {
    let sealed = try sealed(changes)
    try storing { () throws(StoreError) in try store.apply(sealed) }
  }

  /// Returns the keys of the values that do not open.
  func unreadableKeys() throws(SealedSpaceError) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    var rest = EntryRange.all
    while true {
      if Task.isCancelled { throw .cancelled }
      let entries = try storing { () throws(StoreError) in try store.entries(in: rest, limit: 256) }
      guard let last = entries.last else { return keys }
      keys += entries.lazy.filter { (try? open($0.value, at: $0.key)) == nil }.map(\.key)
      rest = EntryRange(from: last.key + [0])
    }
  }

  /// `key_tag || nonce || ciphertext`
  private func seal(_ value: [UInt8], at entryKey: [UInt8]) throws(SealedSpaceError) -> [UInt8] {
    let nonce = SecureRandom.bytes(Cipher.nonceByteCount)
    do {
      return tag + nonce
        + (try Cipher.seal(value, using: key, nonce: nonce, authenticating: entryKey))
    } catch { throw .internalError }
  }

  /// Opens what the store has at a key.
  func open(_ sealed: [UInt8], at entryKey: [UInt8]) throws(SealedSpaceError) -> [UInt8] {
    guard sealed.starts(with: tag) else { throw .foreign }
    let rest = sealed.dropFirst(tag.count)
    do {
      return try Cipher.open(
        Array(rest.dropFirst(Cipher.nonceByteCount)), using: key,
        nonce: Array(rest.prefix(Cipher.nonceByteCount)), authenticating: entryKey)
    } catch { throw .damaged }
  }

  private func storing<Answer>(
    _ body: () throws(StoreError) -> Answer
  ) throws(SealedSpaceError) -> Answer {
    do throws(StoreError) { return try body() } catch { throw .store(error) }
  }
}
