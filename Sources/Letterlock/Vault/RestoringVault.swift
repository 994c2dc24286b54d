internal import CryptoCore
internal import TLSCodec

/// What a device that is being restored keeps in its vault until the account has it.
///
/// ```
/// struct {
///   uint8 version = 0x82;           no VaultState begins so
///   opaque recovery[32];            DeviceID of the recovery device
/// } RestoringState;
/// ```
/// The secrets are the signing seed and the sealing seed. SPEC.md section 8.4.
struct RestoringVault: Sendable {
  static let marker: UInt8 = 0x82

  let keys: DeviceKeys
  let recovery: DeviceID
  /// The version of the vault that holds this.
  let version: UInt64

  /// New keys.
  /// - Parameter begun: What the vault holds, to be replaced; nil if it is empty.
  init(keys: DeviceKeys, recovery: DeviceID, replacing begun: RestoringVault?) {
    version = (begun?.version ?? 0) &+ 1
    self.keys = keys
    self.recovery = recovery
  }

  /// Saves it in place of `begun`.
  func save(to vault: any KeyVault, replacing begun: RestoringVault?) throws(DeviceError) {
    let secrets = SecretKey(concatenating: [keys.signingSeed, keys.sealingSeed])
    let contents = VaultContents(version: version, secrets: secrets, state: [Self.marker] + recovery.bytes)
    do throws(VaultError) { try vault.save(contents, replacing: begun?.version) } catch {
      throw .vault(error)
    }
  }

  /// What a vault holds; nil if it is empty.
  /// - Throws: `DeviceError.vaultNotEmpty` if it holds a device, `.joinUnfinished` if one that waits to join; `.vault`.
  init?(in vault: any KeyVault) throws(DeviceError) {
    guard let contents = try vault.contentsIfAny() else { return nil }
    switch contents.stage {
    case .joining: throw .joinUnfinished
    case .device: throw .vaultNotEmpty
    case .restoring: try self.init(contents)
    }
  }

  /// What a vault holds whose stage is `restoring`.
  init(_ contents: VaultContents) throws(DeviceError) {
    guard contents.secrets.byteCount == 64, contents.state.count == 33 else { throw .vault(.corrupted) }
    keys = try asDeviceError(
      DeviceKeys(
        signingSeed: contents.secrets.slice(0..<32), sealingSeed: contents.secrets.slice(32..<64)))
    recovery = DeviceID(unchecked: Array(contents.state[1...]))
    version = contents.version
  }
}
