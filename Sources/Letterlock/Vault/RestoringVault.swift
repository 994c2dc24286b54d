internal import CryptoCore
internal import TLSCodec

/// What a device that is being restored keeps in its vault until the account has it.
///
/// ```
/// struct {
///   uint8 version = 0x82;           no VaultState begins so
///   opaque recovery[32];            DeviceID of the recovery device
///   opaque former_state<V>;         only if the vault held a former device
/// } RestoringState;
/// ```
/// The secrets are the signing seed and the sealing seed; then those of a former device. SPEC.md section 8.4.
struct RestoringVault: Sendable {
  static let marker: UInt8 = 0x82

  let keys: DeviceKeys
  let recovery: DeviceID
  /// The device that the vault held, whose waiting messages are taken along.
  let former: FormerDevice?
  /// The version of the vault that holds this.
  let version: UInt64

  /// New keys.
  /// - Parameters:
  ///   - begun: What the vault holds, to be replaced; nil if it is empty, or holds a former device.
  ///   - former: The former device that it holds.
  init(
    keys: DeviceKeys, recovery: DeviceID, replacing begun: RestoringVault?, former: FormerDevice? = nil
  ) {
    version = (begun?.version ?? former?.version ?? 0) &+ 1
    self.former = begun?.former ?? former
    self.keys = keys
    self.recovery = recovery
  }

  /// Saves it in place of `begun`, or of a former device.
  func save(
    to vault: any KeyVault, replacing begun: RestoringVault?, or formerDevice: FormerDevice? = nil
  ) throws(DeviceError) {
    var writer = TLSWriter()
    writer.write(Self.marker)
    writer.write(fixed: recovery.bytes)
    former?.encode(to: &writer)
    let secrets = SecretKey(concatenating: [keys.signingSeed, keys.sealingSeed] + (former?.allSecrets ?? []))
    let contents = VaultContents(version: version, secrets: secrets, state: writer.bytes)
    do throws(VaultError) {
      try vault.save(contents, replacing: begun?.version ?? formerDevice?.version)
    } catch { throw .vault(error) }
  }

  /// What a vault holds; nil if it is empty, or holds a device.
  /// - Throws: `DeviceError.joinUnfinished` if it holds one that waits to join; `.vault`.
  init?(in vault: any KeyVault) throws(DeviceError) {
    guard let contents = try vault.contentsIfAny() else { return nil }
    switch contents.stage {
    case .joining: throw .joinUnfinished
    case .device: return nil
    case .restoring: try self.init(contents)
    }
  }

  /// What a vault holds whose stage is `restoring`.
  init(_ contents: VaultContents) throws(DeviceError) {
    guard contents.secrets.byteCount >= 64, contents.state.count >= 33 else { throw .vault(.corrupted) }
    keys = try asDeviceError(
      DeviceKeys(
        signingSeed: contents.secrets.slice(0..<32), sealingSeed: contents.secrets.slice(32..<64)))
    recovery = DeviceID(unchecked: Array(contents.state[1..<33]))
    version = contents.version
    var reader = TLSReader(Array(contents.state[33...]))
    former = try FormerDevice(from: &reader, secrets: contents.secrets, after: 64, version: contents.version)
    guard reader.isAtEnd, former != nil || contents.secrets.byteCount == 64 else { throw .vault(.corrupted) }
  }
}
