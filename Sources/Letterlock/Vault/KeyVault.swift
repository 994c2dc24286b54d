public import CryptoCore

/// Why a device's keys were not read or written.
public enum VaultError: Error, Hashable, Sendable {
  /// The storage failed.
  case unavailable(String)
  /// The keys are sealed under a passphrase: give it.
  case passphraseNeeded
  /// The passphrase is wrong, or somebody altered the file.
  case wrongPassphrase
  /// A passphrase was given, and the keys are not sealed under any: they may not be the ones that were.
  case notSealed
  /// What the vault holds is not what was put there, and it holds no whole copy. Nothing was overwritten.
  case corrupted
  /// A newer version of this library wrote the vault.
  case unknownVersion(UInt8)
  /// The vault holds another version than the one that was to be replaced: somebody else saved meanwhile. Nothing was
  /// overwritten.
  case conflict
  /// The device was opened to be read, and changes nothing.
  case readOnly
}

/// Where a device's own secrets rest: the Keychain or a Secure Enclave on Apple systems, a sealed file on
/// Linux.
///
/// A vault compares and swaps: what is saved takes the place of one version, and of no other, so that two processes, or
/// two calls of one, never overwrite each other's keys.
public protocol KeyVault: Sendable {
  /// Returns what was saved last; nil if the vault is empty.
  /// - Throws: `VaultError`; never `.conflict`.
  func load() throws(VaultError) -> VaultContents?

  /// Saves contents in place of the version `version`, or into an empty vault if that is nil. What was saved is durable
  /// when the call returns, as a whole or not at all.
  /// - Throws: `VaultError.conflict` if the vault holds another version by then, or none.
  func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError)
}

/// What a vault keeps.
public struct VaultContents: Sendable {
  /// Counts the saves: each contents has a larger number than what it replaces. Must be kept with the contents.
  public let version: UInt64
  /// The device's secrets, one after the other. Opaque to the vault.
  public let secrets: SecretKey
  /// What belongs to the secrets and is not secret: the account's log, and which secret is which. Must be kept
  /// with the secrets, whole and unaltered.
  public let state: [UInt8]
  /// Whether the vault found one copy of the contents damaged, and returns another, whole one. The next save makes both
  /// whole.
  public let isDamaged: Bool

  /// What a vault keeps.
  public init(version: UInt64, secrets: SecretKey, state: [UInt8], isDamaged: Bool = false) {
    self.version = version
    self.secrets = secrets
    self.state = state
    self.isDamaged = isDamaged
  }

  /// What a vault of an app's own kept as bytes, which it wipes after that.
  public init(version: UInt64, secretBytes: [UInt8], state: [UInt8], isDamaged: Bool = false) {
    self.init(version: version, secrets: SecretKey(copying: secretBytes), state: state, isDamaged: isDamaged)
  }

  /// Returns a copy of the secrets, for a vault of an app's own that keeps bytes. Nothing wipes the copy.
  public func exportSecretBytes() -> [UInt8] { secrets.exportRawBytes() }
}
