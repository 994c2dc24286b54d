public import CryptoCore

/// Why a device's keys were not read or written.
public enum VaultError: Error, Hashable, Sendable {
  /// The storage failed.
  case unavailable(String)
  /// The keys are sealed under a passphrase: give it.
  case passphraseNeeded
  /// The passphrase is wrong, or the file was altered.
  case wrongPassphrase
  /// A passphrase was given, and the keys are not sealed under any: they may not be the ones that were.
  case notSealed
  /// What the vault holds is not what was put there.
  case corrupted
  /// The vault was written by a newer version of this library.
  case unknownVersion(UInt8)
}

/// Where a device's own secrets rest: the Keychain or a Secure Enclave on Apple systems, a sealed file on
/// Linux.
///
/// A save that returned is durable, and replaces the contents as a whole or not at all.
public protocol KeyVault: Sendable {
  /// What was saved last; nil in a new vault.
  func load() throws(VaultError) -> VaultContents?
  /// Replaces the contents.
  func save(_ contents: VaultContents) throws(VaultError)
}

/// What a vault keeps.
public struct VaultContents: Sendable {
  /// The device's secrets, one after the other. Opaque to the vault.
  public let secrets: SecretKey
  /// What belongs to them and is not secret: the account's log, and which secret is which. Must be kept
  /// with the secrets, whole and unaltered.
  public let state: [UInt8]

  /// What a vault keeps.
  public init(secrets: SecretKey, state: [UInt8]) {
    self.secrets = secrets
    self.state = state
  }
}
