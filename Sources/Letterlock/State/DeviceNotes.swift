internal import CryptoCore
internal import TLSCodec

/// What a device keeps beside the history, sealed: its store never sees a name. SPEC.md section 8.5.
struct DeviceNotes: Sendable {
  private let store: (any DeviceStore)?
  /// `Derive(signing seed, "device notes", AccountID, 32)`; nil if it could not be derived.
  private let key: SecretKey?

  init(_ store: (any DeviceStore)?, signingSeed: SecretKey, account: AccountID) {
    self.store = store
    key = try? Derivation.secret(from: signingSeed, purpose: "device notes", context: account.bytes)
  }

  /// A note, opened; nil if the store keeps none, or one of another device: losing it costs no message.
  func open(_ note: DeviceNote) throws(DeviceError) -> [UInt8]? {
    guard let store else { return nil }
    let sealed: [UInt8]?
    do throws(StoreError) { sealed = try store.note(note) } catch { throw .store(error) }
    guard let sealed, let key else { return nil }
    let nonceByteCount = XChaCha20Poly1305.nonceByteCount
    return try? XChaCha20Poly1305.open(
      Array(sealed.dropFirst(nonceByteCount)), using: key, nonce: Array(sealed.prefix(nonceByteCount)),
      authenticating: [note.rawValue])
  }

  /// Seals a note and keeps it: a random nonce, then the ciphertext; the note's number is authenticated.
  func keep(_ bytes: [UInt8], as note: DeviceNote) throws(DeviceError) {
    guard let store else { throw .noStore }
    guard let key else { throw .internalError("device notes") }
    let nonce = SecureRandom.bytes(XChaCha20Poly1305.nonceByteCount)
    let sealed: [UInt8]
    do {
      sealed = try XChaCha20Poly1305.seal(bytes, using: key, nonce: nonce, authenticating: [note.rawValue])
    } catch { throw .internalError("device notes") }
    do throws(StoreError) { try store.keep(nonce + sealed, as: note) } catch { throw .store(error) }
  }
}

/// The version of the vault, noted in the store: a vault that is older than the note was put back. SPEC.md section 8.4.
extension DeviceNotes {
  /// The latest version of the vault that the store has seen; nil if it has seen none of this device.
  func vaultVersion() -> UInt64? {
    guard let bytes = try? open(.vaultVersion) else { return nil }
    var reader = TLSReader(bytes)
    return try? reader.read(UInt64.self)
  }

  /// Notes a version that the vault has on disk. A note that is not kept costs no more than that a rollback to it is
  /// not noticed.
  func note(vaultVersion: UInt64) {
    guard store != nil else { return }
    var writer = TLSWriter()
    writer.write(vaultVersion)
    try? keep(writer.bytes, as: .vaultVersion)
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

extension Device {
  func openNote(_ note: DeviceNote) throws(DeviceError) -> [UInt8]? { try notes.open(note) }
  func keepNote(_ bytes: [UInt8], as note: DeviceNote) throws(DeviceError) { try notes.keep(bytes, as: note) }
}
