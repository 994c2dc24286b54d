internal import CryptoCore
internal import TLSCodec

/// What a device that has not joined yet keeps in its vault.
///
/// ```
/// struct {
///   uint8 version = 0x81;           no VaultState begins so
///   DeviceKeyBundle device;
///   opaque name<V>;
///   opaque former_state<V>;         only if the vault held a former device
/// } JoiningState;
/// ```
/// The secrets are the signing seed, the sealing seed and the code's secret; then those of a former device. SPEC.md
/// section 8.4.
struct JoiningVault: Sendable {
  static let marker: UInt8 = 0x81
  private static let codeSecretByteCount = 16

  let name: String
  let keys: DeviceKeys
  let bundle: DeviceKeyBundle
  let code: JoinCode
  /// The device that the vault held, whose waiting messages are taken along.
  let former: FormerDevice?
  /// The version of the vault that holds this.
  let version: UInt64

  init(name: String, keys: DeviceKeys, bundle: DeviceKeyBundle, code: JoinCode, former: FormerDevice?) {
    self.name = name
    self.keys = keys
    self.bundle = bundle
    self.code = code
    self.former = former
    version = (former?.version ?? 0) &+ 1
  }

  /// Saves it into an empty vault, or in place of the former device.
  func save(to vault: any KeyVault) throws(DeviceError) {
    var writer = TLSWriter(reserving: 6700)
    writer.write(Self.marker)
    writer.write(bundle)
    writer.write(opaque: Array(name.utf8))
    former?.encode(to: &writer)
    let secrets = SecretKey(
      concatenating: [keys.signingSeed, keys.sealingSeed, code.secret] + (former?.allSecrets ?? []))
    do throws(VaultError) {
      try vault.save(
        VaultContents(version: version, secrets: secrets, state: writer.bytes), replacing: former?.version)
    } catch { throw .vault(error) }
  }

  /// What a vault holds whose stage is `joining`.
  init(_ contents: VaultContents) throws(DeviceError) {
    let ownByteCount = 64 + Self.codeSecretByteCount
    guard contents.secrets.byteCount >= ownByteCount else { throw .vault(.corrupted) }
    version = contents.version
    let name: [UInt8]
    var reader = TLSReader(Array(contents.state.dropFirst()))
    do throws(TLSError) {
      bundle = try DeviceKeyBundle(from: &reader)
      name = try reader.readOpaque()
    } catch { throw .vault(.corrupted) }
    former = try FormerDevice(
      from: &reader, secrets: contents.secrets, after: ownByteCount, version: contents.version)
    guard reader.isAtEnd, former != nil || contents.secrets.byteCount == ownByteCount else {
      throw .vault(.corrupted)
    }
    self.name = String(decoding: name, as: UTF8.self)
    keys = try asDeviceError(
      DeviceKeys(
        signingSeed: contents.secrets.slice(0..<32), sealingSeed: contents.secrets.slice(32..<64)))
    code = JoinCode(
      bundleHash: Array(bundle.hash[..<16]), secret: contents.secrets.slice(64..<80))
  }
}
