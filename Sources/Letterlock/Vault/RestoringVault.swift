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
///   opaque former_state<V>;         what the vault held for a former device; empty if it held none
///   uint64 former_version;          of the vault that held it; 0 if none did
///   uint8 handing_over;             1 once what waits there is being taken along, else 0
/// } RestoringState;
/// ```
/// The secrets are the signing seed, the sealing seed, and the secret of the epoch that the entry begins; then those of a
/// former device. SPEC.md section 8.4.
struct RestoringVault: Sendable {
  static let marker: UInt8 = 0x82

  let keys: DeviceKeys
  let recovery: DeviceID
  /// What brings the device in, once it is made: the same is sent until the log has another in its place.
  private(set) var pending: PendingEntry?
  /// The device that the vault held, whose waiting messages are taken along.
  let former: FormerDevice?
  /// Whether what the former device left is being taken along: the store does not hold its whole history any more.
  private(set) var isHandingOver: Bool
  /// The version of the vault that holds this.
  private(set) var version: UInt64

  /// New keys.
  /// - Parameters:
  ///   - begun: What the vault holds, to be replaced; nil if it is empty, or holds a former device.
  ///   - former: The former device that it holds.
  init(
    keys: DeviceKeys, recovery: DeviceID, replacing begun: RestoringVault?, former: FormerDevice? = nil
  ) {
    version = (begun?.version ?? former?.heldVersion ?? 0) &+ 1
    self.former = begun?.former ?? former
    isHandingOver = begun?.isHandingOver ?? (former?.successor != nil)
    self.keys = keys
    self.recovery = recovery
  }

  /// The same device, with the entry that is about to be sent.
  func sending(_ entry: PendingEntry) -> RestoringVault {
    var next = self
    (next.pending, next.version) = (entry, version &+ 1)
    return next
  }

  /// The same device, once the vault says that what the former device left is being taken along.
  func handingOver(in vault: any KeyVault) throws(DeviceError) -> RestoringVault {
    guard former != nil, !isHandingOver else { return self }
    var next = self
    (next.isHandingOver, next.version) = (true, version &+ 1)
    try next.save(to: vault, replacing: self)
    return next
  }

  /// Saves it in place of `begun`, or of a former device.
  func save(
    to vault: any KeyVault, replacing begun: RestoringVault?, or formerDevice: FormerDevice? = nil
  ) throws(DeviceError) {
    let secrets = [keys.signingSeed, keys.sealingSeed] + [pending?.epochSecret].compactMap(\.self)
    let state = State(
      version: Self.marker, recovery: recovery, pending: pending.map { [$0.entry] } ?? [],
      wraps: pending?.wraps ?? [], formerState: former?.state ?? [],
      formerVersion: former?.version ?? 0, handingOver: isHandingOver ? 1 : 0)
    let contents = VaultContents(
      version: version, secrets: SecretKey(concatenating: secrets + (former?.allSecrets ?? [])),
      state: state.encoded)
    do throws(VaultError) {
      try vault.save(contents, replacing: begun?.version ?? formerDevice?.heldVersion)
    } catch { throw .vault(error) }
  }

  /// What a vault holds; nil if it is empty, or holds a device, or a request to join.
  /// - Throws: `DeviceError.vaultNotEmpty` if it holds one that another recovery device brings in; `.vault`.
  init?(in vault: any KeyVault, by recovery: DeviceID) throws(DeviceError) {
    guard let contents = try vault.contentsIfAny() else { return nil }
    switch contents.stage {
    case .joining, .device: return nil
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
    let ownByteCount = (2 + state.pending.count) * DeviceState.secretByteCount
    guard state.pending.count <= 1, state.handingOver <= 1, secrets.byteCount >= ownByteCount else {
      throw .vault(.corrupted)
    }
    keys = try asDeviceError(
      DeviceKeys(signingSeed: secrets.slice(0..<32), sealingSeed: secrets.slice(32..<64)))
    (recovery, version) = (state.recovery, contents.version)
    pending = state.pending.first.map {
      PendingEntry(entry: $0, wraps: state.wraps, epochSecret: secrets.slice(64..<96), sealingSeed: nil)
    }
    isHandingOver = state.handingOver == 1
    former = try FormerDevice(
      state.formerState, secrets: secrets, after: ownByteCount, version: state.formerVersion)
    guard former != nil || secrets.byteCount == ownByteCount else { throw .vault(.corrupted) }
  }

  private struct State: WireCodable {
    var version: UInt8
    var recovery: DeviceID
    var pending: [LogEntry]
    var wraps: [StoredWrap]
    var formerState: [UInt8]
    var formerVersion: UInt64
    var handingOver: UInt8

    static let wire = WireFormat(
      Self.init, field(\.version), field(\.recovery), field(\.pending), field(\.wraps),
      field(\.formerState), field(\.formerVersion), field(\.handingOver))
  }
}
