internal import CryptoCore

/// What a device keeps beside the history: the first byte of a key in its sealed space. SPEC.md section 8.5.
enum DeviceNote: UInt8, Hashable, Sendable, CaseIterable {
  /// What the person set.
  case settings = 1
  /// What the device did.
  case journal = 2
  /// The order by which the server's copy was erased.
  case erasure = 3
  /// Two checkpoints by which the relay convicted itself, until the person has decided.
  case evidence = 4

  /// The whole key.
  var key: [UInt8] { [rawValue] }
}

extension Device {
  /// Returns the sealed space of the store.
  private func space(in store: any DeviceStore) throws(DeviceError) -> SealedSpace {
    let seed = state.withLock { $0.keys.signingSeed }
    return try Self.spacing { () throws(SealedSpaceError) in
      try SealedSpace(store, signingSeed: seed, account: account)
    }
  }

  /// Returns a note, opened; nil if the store keeps none, or one of another device: losing it costs no message.
  func openNote(_ note: DeviceNote) throws(DeviceError) -> [UInt8]? {
    guard let store else { return nil }
    let space = try space(in: store)
    do throws(SealedSpaceError) { return try space.value(at: note.key) } catch {
      if case .foreign = error { return nil }
      throw DeviceError(error)
    }
  }

  /// Seals a note and keeps it.
  func keepNote(_ bytes: [UInt8], as note: DeviceNote) throws(DeviceError) {
    let space = try space(in: try neededStore())
    try Self.spacing { () throws(SealedSpaceError) in
      try space.apply([.put(StoreEntry(key: note.key, value: bytes))])
    }
  }

  /// Returns the keys in the store whose values this device cannot open.
  func unreadableEntries() throws(DeviceError) -> [[UInt8]] {
    let space = try space(in: try neededStore())
    return try Self.spacing { () throws(SealedSpaceError) in try space.unreadableKeys() }
  }

  private static func spacing<Answer>(
    _ body: () throws(SealedSpaceError) -> Answer
  ) throws(DeviceError) -> Answer {
    do throws(SealedSpaceError) { return try body() } catch { throw DeviceError(error) }
  }
}

extension DeviceError {
  init(_ error: SealedSpaceError) {
    switch error {
    case .store(let error): self = .store(error)
    case .foreign, .damaged: self = .store(.corrupted("A note in the store is damaged."))
    case .internalError: self = .internalError("device notes")
    }
  }
}
