internal import CryptoCore
internal import TLSCodec

/// What a device that has not joined yet keeps in its vault.
///
/// ```
/// struct {
///   uint8 version = 0x81;           no VaultState begins so
///   DeviceKeyBundle device;
///   opaque name<V>;
/// } JoiningState;
/// ```
/// The secrets are the signing seed, the sealing seed and the code's secret. SPEC.md section 8.4.
struct JoiningVault: Sendable {
  static let marker: UInt8 = 0x81
  private static let codeSecretByteCount = 16

  let name: String
  let keys: DeviceKeys
  let bundle: DeviceKeyBundle
  let code: JoinCode
  /// The version of the vault that holds this.
  let version: UInt64

  init(name: String, keys: DeviceKeys, bundle: DeviceKeyBundle, code: JoinCode) {
    self.name = name
    self.keys = keys
    self.bundle = bundle
    self.code = code
    version = 1
  }

  /// Saves it into an empty vault.
  func save(to vault: any KeyVault) throws(DeviceError) {
    var writer = TLSWriter(reserving: 6700)
    writer.write(Self.marker)
    writer.write(bundle)
    writer.write(opaque: Array(name.utf8))
    let secrets = SecretKey(concatenating: [keys.signingSeed, keys.sealingSeed, code.secret])
    do throws(VaultError) {
      try vault.save(VaultContents(version: version, secrets: secrets, state: writer.bytes), replacing: nil)
    } catch { throw .vault(error) }
  }

  /// What a vault holds whose stage is `joining`.
  init(_ contents: VaultContents) throws(DeviceError) {
    guard contents.secrets.byteCount == 64 + Self.codeSecretByteCount else {
      throw .vault(.corrupted)
    }
    version = contents.version
    let name: [UInt8]
    do throws(TLSError) {
      var reader = TLSReader(Array(contents.state.dropFirst()))
      bundle = try DeviceKeyBundle(from: &reader)
      name = try reader.readOpaque()
      try reader.finish()
    } catch { throw .vault(.corrupted) }
    self.name = String(decoding: name, as: UTF8.self)
    keys = try asDeviceError(
      DeviceKeys(
        signingSeed: contents.secrets.slice(0..<32), sealingSeed: contents.secrets.slice(32..<64)))
    code = JoinCode(
      bundleHash: Array(bundle.hash[..<16]), secret: contents.secrets.slice(64..<80))
  }
}
