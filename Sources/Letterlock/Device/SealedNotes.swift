internal import CryptoCore

/// What a device keeps beside the history, sealed: its store never sees a name. SPEC.md section 8.5.
extension Device {
  /// `Derive(signing seed, "device notes", AccountID, 32)`
  private func noteKey() throws(DeviceError) -> SecretKey {
    let seed = state.withLock { $0.keys.signingSeed }
    do { return try Derivation.secret(from: seed, purpose: "device notes", context: account.bytes) } catch {
      throw .internalError("device notes")
    }
  }

  /// A note, opened; nil if the store keeps none, or one of another device: losing it costs no message.
  func openNote(_ note: DeviceNote) throws(DeviceError) -> [UInt8]? {
    guard let store else { return nil }
    let sealed = try Self.storing { () throws(StoreError) in try store.note(note) }
    guard let sealed else { return nil }
    let (key, nonceByteCount) = (try noteKey(), XChaCha20Poly1305.nonceByteCount)
    return try? XChaCha20Poly1305.open(
      Array(sealed.dropFirst(nonceByteCount)), using: key, nonce: Array(sealed.prefix(nonceByteCount)),
      authenticating: [note.rawValue])
  }

  /// Seals a note and keeps it: a random nonce, then the ciphertext; the note's number is authenticated.
  func keepNote(_ bytes: [UInt8], as note: DeviceNote) throws(DeviceError) {
    let store = try neededStore()
    let (key, nonce) = (try noteKey(), SecureRandom.bytes(XChaCha20Poly1305.nonceByteCount))
    let sealed: [UInt8]
    do {
      sealed = try XChaCha20Poly1305.seal(bytes, using: key, nonce: nonce, authenticating: [note.rawValue])
    } catch { throw .internalError("device notes") }
    try Self.storing { () throws(StoreError) in try store.keep(nonce + sealed, as: note) }
  }
}
