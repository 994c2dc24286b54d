internal import CryptoCore
internal import Synchronization
internal import SystemCore
internal import TLSCodec

/// A device's keys in one file: sealed under a passphrase, or protected by the file's permissions alone.
///
/// The file holds its contents twice, each with a digest: what a disk damages in one copy is read from the other.
/// Replacing the file is exclusive among processes, and on disk when `save` returns. If a symbolic link is in the file's
/// place, the file that it names is replaced, and the link stays. SPEC.md section 8.4.
public final class FileKeyVault: KeyVault {
  private let path: String
  private let passphrase: SecretKey?
  private let cost: (memoryKiB: UInt32, passes: UInt32)
  /// Argon2id takes a third of a second: its key is held for the vault's life.
  private let derived = Mutex<DerivedKey?>(nil)

  private struct DerivedKey: Sendable {
    let parameters: PassphraseParameters
    let key: SecretKey
  }

  /// The vault in the file at `path`, which is made on the first save with mode 0600.
  /// - Parameter passphrase: Seals the file; nil or empty leaves it to the file's permissions.
  public convenience init(path: String, passphrase: String? = nil) {
    self.init(path: path, passphrase: passphrase, memoryKiB: 256 * 1024, passes: 3)
  }

  /// The same with another cost of a guess at the passphrase: tests save many files.
  package init(path: String, passphrase: String?, memoryKiB: UInt32, passes: UInt32) {
    self.path = path
    self.passphrase = passphrase.flatMap { $0.isEmpty ? nil : SecretKey(copying: Array($0.utf8)) }
    cost = (memoryKiB, passes)
  }

  /// Returns whether a passphrase seals the file at `path`; nil if there is no vault.
  /// - Throws: `VaultError.unavailable`, `.corrupted`, `.unknownVersion`.
  public static func isSealed(at path: String) throws(VaultError) -> Bool? {
    guard let file = try read(path) else { return nil }
    return file.copy.protection != .permissions
  }

  /// Returns what was saved last; nil if there is no file.
  /// - Throws: `VaultError.corrupted` if both copies are damaged; `.passphraseNeeded`, `.notSealed`, `.wrongPassphrase`,
  ///   `.unknownVersion`, `.unavailable`.
  public func load() throws(VaultError) -> VaultContents? {
    guard let file = try Self.read(path) else { return nil }
    return VaultContents(
      version: file.copy.vaultVersion, secrets: try open(file.copy), state: file.copy.state,
      isDamaged: file.isDamaged)
  }

  /// Replaces the file, if it holds `version` and nobody replaces it meanwhile.
  /// - Throws: `VaultError.conflict` if it holds another version; `.corrupted` if both of its copies are damaged, and
  ///   then nothing is overwritten; `.unavailable`.
  public func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
    // Deriving a key from a passphrase takes long: not while others wait for the file.
    let bytes = KeyVaultFile.encode(try sealed(contents))
    do throws(DurableUpdateError<VaultError>) {
      try DurableFile.update(path) { (present) throws(VaultError) in
        var found: UInt64?
        if let present { found = try KeyVaultFile(decoding: present).copy.vaultVersion }
        guard found == version else { throw .conflict }
        return bytes
      }
    } catch {
      switch error {
      case .refused(let error): throw error
      case .file(let error): throw Self.unavailable(path, error)
      }
    }
  }

  private func sealed(_ contents: VaultContents) throws(VaultError) -> KeyVaultCopy {
    guard let passphrase else {
      return KeyVaultCopy(
        protection: .permissions, vaultVersion: contents.version,
        secrets: contents.secrets.exportRawBytes(), state: contents.state)
    }
    let key = try sealingKey(passphrase)
    let nonce = SecureRandom.bytes(XChaCha20Poly1305.nonceByteCount)
    do {
      let secrets = try XChaCha20Poly1305.sealSecret(
        contents.secrets, using: key.key, nonce: nonce,
        authenticating: KeyVaultCopy.authenticated(
          key.parameters, vaultVersion: contents.version, state: contents.state))
      return KeyVaultCopy(
        protection: .passphrase(key.parameters, nonce: nonce), vaultVersion: contents.version,
        secrets: secrets,
        state: contents.state)
    } catch { throw .unavailable("sealing the key file") }
  }

  private func sealingKey(_ passphrase: SecretKey) throws(VaultError) -> DerivedKey {
    if let known = derived.withLock({ $0 }) { return known }
    let salt = PassphraseParameters.Salt(unchecked: SecureRandom.bytes(PassphraseParameters.Salt.byteCount))
    let key = try derive(
      PassphraseParameters(salt: salt, memoryKiB: cost.memoryKiB, passes: cost.passes), passphrase)
    derived.withLock { $0 = key }
    return key
  }

  private func open(_ copy: KeyVaultCopy) throws(VaultError) -> SecretKey {
    guard case .passphrase(let parameters, let nonce) = copy.protection else {
      // Whoever can write the file could put keys of their own in its place, which no passphrase seals.
      guard passphrase == nil else { throw .notSealed }
      return SecretKey(copying: copy.secrets)
    }
    guard let passphrase else { throw .passphraseNeeded }
    guard parameters.areBearable else { throw .corrupted }
    let known = derived.withLock { $0 }
    let key =
      if let known, known.parameters == parameters { known } else { try derive(parameters, passphrase) }
    do {
      let secrets = try XChaCha20Poly1305.openSecret(
        copy.secrets, using: key.key, nonce: nonce,
        authenticating: KeyVaultCopy.authenticated(
          parameters, vaultVersion: copy.vaultVersion, state: copy.state))
      // Kept only now: a file that someone else made must not choose the salt and the costs of the next one.
      derived.withLock { $0 = key }
      return secrets
    } catch { throw .wrongPassphrase }
  }

  private func derive(
    _ parameters: PassphraseParameters, _ passphrase: SecretKey
  ) throws(VaultError) -> DerivedKey {
    do {
      return DerivedKey(
        parameters: parameters,
        key: try Argon2id.deriveKey(
          from: passphrase, salt: parameters.salt.bytes, memoryKiB: Int(parameters.memoryKiB),
          passes: Int(parameters.passes), byteCount: 32))
    } catch { throw .unavailable("not enough memory for the passphrase") }
  }

  private static func read(_ path: String) throws(VaultError) -> KeyVaultFile? {
    let bytes: [UInt8]?
    do throws(DurableFileError) { bytes = try DurableFile.read(path) } catch {
      throw unavailable(path, error)
    }
    guard let bytes else { return nil }
    return try KeyVaultFile(decoding: bytes)
  }

  private static func unavailable(_ path: String, _ error: DurableFileError) -> VaultError {
    switch error {
    case .danglingLink: .unavailable("\(path) is a link to a file that is not there: is its disk in place?")
    case .failed(_, let code): .unavailable("\(path): \(SystemReason(code))")
    }
  }
}

extension KeyVault where Self == FileKeyVault {
  /// The vault in the file at `path`, sealed under `passphrase` if there is one.
  public static func file(at path: String, passphrase: String? = nil) -> FileKeyVault {
    FileKeyVault(path: path, passphrase: passphrase)
  }
}
