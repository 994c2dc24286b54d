internal import CryptoCore
internal import TLSCodec

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
  /// The latest version of the vault, which follows in the key: the greatest counts.
  case vaultVersion = 5
  /// A file that was dropped here, and is fetched again only when it is asked for; its BlobID follows in the key.
  case eviction = 6
  /// Another log of the account that the relay showed.
  case otherLog = 7
  /// What was taken along from a former device, and is not sealed for the account yet; where it waited follows in the key.
  case takenAlong = 8
  /// An epoch that is owed; a random name follows in the key.
  case owedEpoch = 9

  /// The whole key, or its beginning.
  var key: [UInt8] { [rawValue] }
}

/// What a device keeps beside the history, sealed: its store never sees a name. SPEC.md section 8.5.
struct DeviceNotes: Sendable {
  /// Nil if the device has no store.
  private let space: Result<SealedSpace, SealedSpaceError>?

  init(_ store: (any DeviceStore)?, signingSeed: SecretKey, account: AccountID) {
    space = store.map { store in
      Result { () throws(SealedSpaceError) in
        try SealedSpace(store, signingSeed: signingSeed, account: account)
      }
    }
  }

  /// Whether there is a store to keep them.
  var arePresent: Bool { space != nil }

  /// Returns a note, opened; nil if the store keeps none, or one of another device: losing it costs no message.
  func open(_ note: DeviceNote) throws(DeviceError) -> [UInt8]? { try kept(at: note.key).bytes }

  /// What the store keeps of a note.
  struct Kept {
    /// The note, opened; nil if the store keeps none, or one of another device.
    let bytes: [UInt8]?
    /// What the store has, whoever sealed it.
    fileprivate let sealed: [UInt8]?
  }

  /// Returns what the store keeps of a note, to be replaced.
  func kept(_ note: DeviceNote) throws(DeviceError) -> Kept { try kept(at: note.key) }

  private func kept(at key: [UInt8]) throws(DeviceError) -> Kept {
    guard let space else { return Kept(bytes: nil, sealed: nil) }
    do throws(SealedSpaceError) {
      let space = try space.get()
      let sealed = try space.sealedValue(at: key)
      do throws(SealedSpaceError) {
        return Kept(
          bytes: try sealed.map { (sealed) throws(SealedSpaceError) in try space.open(sealed, at: key) },
          sealed: sealed)
      } catch {
        guard case .foreign = error else { throw error }
        return Kept(bytes: nil, sealed: sealed)
      }
    } catch { throw DeviceError(error) }
  }

  /// Keeps a note in place of what was read, and returns whether it did: not if another object or process has kept
  /// something else meanwhile.
  func keep(_ bytes: [UInt8], as note: DeviceNote, replacing kept: Kept) throws(DeviceError) -> Bool {
    guard let space else { throw .noStore }
    do throws(SealedSpaceError) {
      try space.get().apply([
        .require(key: note.key, value: kept.sealed), .put(StoreEntry(key: note.key, value: bytes)),
      ])
      return true
    } catch {
      guard error != .store(.conflict) else { return false }
      throw DeviceError(error)
    }
  }

  /// Seals a note and keeps it.
  func keep(_ bytes: [UInt8], as note: DeviceNote) throws(DeviceError) { try keep(bytes, at: note.key) }

  private func keep(_ bytes: [UInt8], at key: [UInt8]) throws(DeviceError) {
    guard let space else { throw .noStore }
    do throws(SealedSpaceError) {
      try space.get().apply([.put(StoreEntry(key: key, value: bytes))])
    } catch { throw DeviceError(error) }
  }

  /// Returns the keys in the store whose values this device cannot open.
  func unreadableEntries() throws(DeviceError) -> [[UInt8]] {
    guard let space else { throw .noStore }
    do throws(SealedSpaceError) { return try space.get().unreadableKeys() } catch { throw DeviceError(error) }
  }
}

extension DeviceError {
  init(_ error: SealedSpaceError) {
    switch error {
    case .store(let error): self = .store(error)
    case .foreign, .damaged: self = .store(.corrupted("A note in the store is damaged."))
    case .cancelled: self = .cancelled
    case .internalError: self = .internalError("device notes")
    }
  }
}

/// The version of the vault, noted in the store: a vault that is older than the note was put back. SPEC.md section 8.4.
extension DeviceNotes {
  private static let vaultVersions = EntryRange(prefix: DeviceNote.vaultVersion.key)

  private static func key(ofVaultVersion version: UInt64) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(version)
    return DeviceNote.vaultVersion.key + writer.bytes
  }

  /// The latest version of the vault that the store has seen; nil if it has seen none of this device.
  func vaultVersion() -> UInt64? {
    guard let key = try? space?.get().greatestKey(in: Self.vaultVersions) else { return nil }
    var reader = TLSReader(Array(key.dropFirst(DeviceNote.vaultVersion.key.count)))
    return try? reader.read(UInt64.self)
  }

  /// Notes a version that the vault has on disk. The note only goes up: each version has a key of its own, so a process
  /// that comes late changes nothing. A note that is not kept costs no more than that a rollback to it is not noticed.
  func note(vaultVersion: UInt64) {
    let key = Self.key(ofVaultVersion: vaultVersion)
    let earlier = EntryRange(from: Self.vaultVersions.lowerBound, to: key)
    try? space?.get().apply([.removeAll(earlier), .put(StoreEntry(key: key, value: []))])
  }

  /// Notes the version of a vault that is new to the store, whatever the store has seen of another.
  func note(newVaultVersion version: UInt64) {
    let entry = StoreEntry(key: Self.key(ofVaultVersion: version), value: [])
    try? space?.get().apply([.removeAll(Self.vaultVersions), .put(entry)])
  }

  /// Notes that a vault of this version is older than the device's state was.
  func noteRollback(of version: UInt64) throws(DeviceError) {
    guard vaultVersion() ?? 0 <= version else { return }
    try keep([], at: Self.key(ofVaultVersion: version &+ 1))
  }

  /// The other log that the relay showed last.
  func otherLog() -> OtherLog? {
    guard let bytes = try? open(.otherLog) else { return nil }
    return try? OtherLog(decoding: bytes)
  }

  /// The order by which the relay's copy was erased; the log vouched for it when it was kept, and does again.
  func erasure(in log: AccountLog) -> AccountErasure? {
    guard let bytes = try? open(.erasure), let erasure = try? AccountErasure(decoding: bytes) else {
      return nil
    }
    do throws(ErasureRefusal) { try erasure.check(against: log) } catch { return nil }
    return erasure
  }
}

/// The device owes an epoch if it gave a restored relay entries without their wraps, and has begun none since: none after
/// the one that was the newest then. So an epoch settles the debt, whoever sees it through. Each debt has
/// a key of its own, and whoever settles it removes those that it found before: so no process that comes late undoes what
/// another noted. SPEC.md section 6.13.
extension DeviceNotes {
  /// A debt, by its key.
  struct OwedEpoch: Hashable, Sendable {
    fileprivate let key: [UInt8]
    /// The number of the epoch that was the newest when it was noted.
    let epoch: UInt64

    /// Whether the device has begun an epoch since.
    func isSettled(in log: AccountLog, by device: DeviceID) -> Bool {
      log.epochs.reversed().prefix { $0.header.number > epoch }.contains { $0.signer == device }
    }
  }

  /// Notes that the device owes an epoch after the one that is the newest now.
  func noteOwedEpoch(after epoch: UInt64) throws(DeviceError) -> OwedEpoch {
    let owed = OwedEpoch(key: DeviceNote.owedEpoch.key + SecureRandom.bytes(16), epoch: epoch)
    try keep(epoch.encoded, at: owed.key)
    return owed
  }

  /// The debts that this device has noted.
  func owedEpochs() throws(DeviceError) -> [OwedEpoch] {
    guard let space else { return [] }
    do throws(SealedSpaceError) {
      return try space.get().readable(in: EntryRange(prefix: DeviceNote.owedEpoch.key)).compactMap { entry in
        (try? UInt64(decoding: entry.value)).map { OwedEpoch(key: entry.key, epoch: $0) }
      }
    } catch { throw DeviceError(error) }
  }

  /// Forgets debts that are settled, or did not come about.
  func forget(_ owed: [OwedEpoch]) throws(DeviceError) {
    guard !owed.isEmpty else { return }
    guard let space else { throw .noStore }
    do throws(SealedSpaceError) { try space.get().apply(owed.map { .remove(key: $0.key) }) } catch {
      throw DeviceError(error)
    }
  }
}

/// Files that were dropped here: they are not fetched without being asked. SPEC.md section 7.6.
extension DeviceNotes {
  private static func key(of blob: BlobID) -> [UInt8] { DeviceNote.eviction.key + blob.bytes }

  /// Notes that a file is dropped here.
  func noteEviction(of blob: BlobID) throws(DeviceError) { try keep([], at: Self.key(of: blob)) }

  /// Whether a file was dropped here.
  func isEvicted(_ blob: BlobID) throws(DeviceError) -> Bool { try kept(at: Self.key(of: blob)).bytes != nil }
}
