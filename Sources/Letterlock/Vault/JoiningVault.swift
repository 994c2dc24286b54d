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
///   uint8 handing_over;             only once what waits there is being taken along: 1 to this device, which was approved;
///                                   2 to one that was removed, while this request waits to go on with it
/// } JoiningState;
/// ```
/// The secrets are the signing seed, the sealing seed and the code's secret; then those of a former device. SPEC.md
/// sections 8.4 and 8.6.
struct JoiningVault: Sendable {
  static let marker: UInt8 = 0x81
  private static let codeSecretByteCount = 16

  let name: String
  let keys: DeviceKeys
  let bundle: DeviceKeyBundle
  let code: JoinCode
  /// The device that the vault held, whose waiting messages are taken along.
  let former: FormerDevice?
  /// How far what the former device left was taken along.
  private(set) var handover = Handover.untouched
  /// The version of the vault that holds this.
  private(set) var version: UInt64

  /// How far what a former device left was taken along. Once that has begun there is no way back.
  enum Handover: UInt8, Sendable {
    /// Nothing was taken along yet.
    case untouched = 0
    /// The request was approved, and what waits is being taken along to this device.
    case begun = 1
    /// It was being taken along to a device that is not part of the account any more. This one waits to go on with that.
    case inherited = 2
  }

  init(name: String, keys: DeviceKeys, bundle: DeviceKeyBundle, code: JoinCode, former: FormerDevice?) {
    self.name = name
    self.keys = keys
    self.bundle = bundle
    self.code = code
    self.former = former
    version = (former?.heldVersion ?? 0) &+ 1
    if former?.successor != nil { handover = .inherited }
  }

  /// Saves it into an empty vault, or in place of the former device.
  func save(to vault: any KeyVault) throws(DeviceError) {
    do throws(VaultError) { try vault.save(contents, replacing: former?.heldVersion) } catch {
      throw .vault(error)
    }
  }

  private var contents: VaultContents {
    var writer = TLSWriter(reserving: 6700)
    writer.write(Self.marker)
    writer.write(bundle)
    writer.write(opaque: Array(name.utf8))
    if let former { writer.write(opaque: former.state) }
    if handover != .untouched { writer.write(handover.rawValue) }
    let secrets = SecretKey(
      concatenating: [keys.signingSeed, keys.sealingSeed, code.secret] + (former?.allSecrets ?? []))
    return VaultContents(version: version, secrets: secrets, state: writer.bytes)
  }

  /// What a vault holds whose stage is `joining`.
  init(_ contents: VaultContents) throws(DeviceError) {
    let ownByteCount = 64 + Self.codeSecretByteCount
    guard contents.secrets.byteCount >= ownByteCount else { throw .vault(.corrupted) }
    version = contents.version
    let (name, formerState): ([UInt8], [UInt8])
    var mark = Handover.untouched.rawValue
    var reader = TLSReader(Array(contents.state.dropFirst()))
    do throws(TLSError) {
      bundle = try DeviceKeyBundle(from: &reader)
      name = try reader.readOpaque()
      formerState = reader.isAtEnd ? [] : try reader.readOpaque()
      if !reader.isAtEnd { mark = try reader.read(UInt8.self) }
    } catch { throw .vault(.corrupted) }
    guard let handover = Handover(rawValue: mark) else { throw .vault(.corrupted) }
    self.handover = handover
    // Only a former device that is read needs its version: none is, once it is being taken along.
    former = try FormerDevice(
      formerState, secrets: contents.secrets, after: ownByteCount, version: contents.version &- 1)
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

/// The end of a request that took the place of a former device.
extension JoiningVault {
  /// The same request, once the vault says that what the former device left is being taken along. Whoever takes the
  /// request back, or replaces it, cannot come in between.
  /// - Throws: `DeviceError.vaultNotEmpty` if the vault does not hold this request any more; `.vaultEmpty`, `.vault`.
  func handingOver(in vault: any KeyVault) throws(DeviceError) -> JoiningVault {
    guard former != nil else { return self }
    if handover != .begun {
      var next = self
      (next.handover, next.version) = (.begun, version &+ 1)
      do throws(VaultError) {
        try vault.save(next.contents, replacing: version)
        return next
      } catch { guard error == .conflict else { throw .vault(error) } }
    }
    // A call that was cut, or another process, may have come so far before.
    let held = try vault.contents()
    guard held.stage == .joining else { throw .vaultNotEmpty }
    let kept = try JoiningVault(held)
    guard kept.handover == .begun, kept.keys.deviceID == keys.deviceID else { throw .vaultNotEmpty }
    return kept
  }

  /// Puts the former device back into the vault, as it was.
  /// - Throws: `DeviceError.vaultNotEmpty` if what it left is being taken along; `.vault`, `.store`.
  func putBack(_ former: FormerDevice, in vault: any KeyVault, _ store: any DeviceStore) throws(DeviceError) {
    guard handover == .untouched else { throw .vaultNotEmpty }
    let contents = VaultContents(version: version &+ 1, secrets: former.secrets, state: former.state)
    try former.keepRolledBack(in: store, upTo: contents.version)
    do throws(VaultError) { try vault.save(contents, replacing: version) } catch { throw .vault(error) }
  }
}
