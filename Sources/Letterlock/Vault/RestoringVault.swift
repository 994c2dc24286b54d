internal import CryptoCore
internal import TLSCodec

/// What a device that is being restored keeps in its vault until the account has it.
///
/// ```
/// struct {
///   uint8 version = 0x82;           no VaultState begins so
///   opaque recovery[32];            DeviceID of the recovery device
///   LogEntry pending<V>;            the `recover` that was made and perhaps sent; none before
///   StoredWrap wraps<V>;            of its epoch
/// } RestoringState;
/// ```
/// The secrets are the signing seed, the sealing seed, and the secret of the epoch that the entry begins. SPEC.md section
/// 8.4.
struct RestoringVault: Sendable {
  static let marker: UInt8 = 0x82

  let keys: DeviceKeys
  let recovery: DeviceID
  /// What brings the device in, once it is made: the same is sent until the log has another in its place.
  private(set) var pending: PendingEntry?
  /// The version of the vault that holds this.
  private(set) var version: UInt64

  /// New keys.
  /// - Parameter begun: What the vault holds, to be replaced; nil if it is empty.
  init(keys: DeviceKeys, recovery: DeviceID, replacing begun: RestoringVault?) {
    version = (begun?.version ?? 0) &+ 1
    self.keys = keys
    self.recovery = recovery
  }

  /// The same device, with the entry that is about to be sent.
  func sending(_ entry: PendingEntry) -> RestoringVault {
    var next = self
    (next.pending, next.version) = (entry, version &+ 1)
    return next
  }

  /// Saves it in place of `begun`.
  func save(to vault: any KeyVault, replacing begun: RestoringVault?) throws(DeviceError) {
    let secrets = [keys.signingSeed, keys.sealingSeed] + [pending?.epochSecret].compactMap(\.self)
    let state = State(
      version: Self.marker, recovery: recovery, pending: pending.map { [$0.entry] } ?? [],
      wraps: pending?.wraps ?? [])
    let contents = VaultContents(
      version: version, secrets: SecretKey(concatenating: secrets), state: state.encoded)
    do throws(VaultError) { try vault.save(contents, replacing: begun?.version) } catch {
      throw .vault(error)
    }
  }

  /// What a vault holds; nil if it is empty.
  /// - Throws: `DeviceError.vaultNotEmpty` if it holds a device, or one that another recovery device brings in;
  ///   `.joinUnfinished` if it holds one that waits to join; `.vault`.
  init?(in vault: any KeyVault, by recovery: DeviceID) throws(DeviceError) {
    guard let contents = try vault.contentsIfAny() else { return nil }
    switch contents.stage {
    case .joining: throw .joinUnfinished
    case .device: throw .vaultNotEmpty
    case .restoring: try self.init(contents)
    }
    guard self.recovery == recovery else { throw .vaultNotEmpty }
  }

  /// What a vault holds whose stage is `restoring`.
  init(_ contents: VaultContents) throws(DeviceError) {
    let (secrets, state): (SecretKey, State)
    do { (secrets, state) = (contents.secrets, try State(decoding: contents.state)) } catch {
      throw .vault(.corrupted)
    }
    let secretCount = 2 + state.pending.count
    guard state.pending.count <= 1, secrets.byteCount == secretCount * DeviceState.secretByteCount else {
      throw .vault(.corrupted)
    }
    keys = try asDeviceError(
      DeviceKeys(signingSeed: secrets.slice(0..<32), sealingSeed: secrets.slice(32..<64)))
    (recovery, version) = (state.recovery, contents.version)
    pending = state.pending.first.map {
      PendingEntry(entry: $0, wraps: state.wraps, epochSecret: secrets.slice(64..<96), sealingSeed: nil)
    }
  }

  private struct State: WireCodable {
    var version: UInt8
    var recovery: DeviceID
    var pending: [LogEntry]
    var wraps: [StoredWrap]

    static let wire = WireFormat(
      Self.init, field(\.version), field(\.recovery), field(\.pending), field(\.wraps))
  }
}
