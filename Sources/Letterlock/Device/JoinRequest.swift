internal import CryptoCore
internal import TLSCodec

/// What a joining device leaves at the relay for whoever sees its code.
///
/// ```
/// struct {
///   uint8 version;
///   DeviceKeyBundle device;
///   opaque consent[3373];           purpose "join consent", over the consent tag
/// } JoinOffer;
/// ```
/// SPEC.md section 3.6.
struct JoinOffer: WireCodable, Hashable, Sendable {
  var version: FormatVersion
  var device: DeviceKeyBundle
  var consent: HybridSignatureBytes

  static let wire = WireFormat(
    Self.init, field(\.version), field(\.device), field(\.consent))
}

/// What the approver answers: which account, and how far its log goes.
///
/// ```
/// struct {
///   uint8 version;
///   opaque account[32];
///   opaque log_head[32];            with the new device's `add`
///   opaque mac[32];                 HMAC-SHA256 over the fields above and the bundle's hash
/// } JoinAnswer;
/// ```
/// SPEC.md section 3.6.
struct JoinAnswer: WireCodable, Hashable, Sendable {
  var version: FormatVersion
  var account: AccountID
  var logHead: LogHead
  var mac: Digest32

  static let wire = WireFormat(
    Self.init, field(\.version), field(\.account), field(\.logHead), field(\.mac))
}

/// What a code's one-time secret derives. SPEC.md section 3.6.
package struct JoinSecrets: Sendable {
  private let secret: SecretKey
  private let bundleHash: [UInt8]

  package init(_ code: JoinCode) {
    // HKDF-Expand wants a whole key: the 16 random bytes are extracted first.
    secret = HKDF.extract(salt: [], inputKeyMaterial: code.secret, hash: .sha256)
    bundleHash = code.bundleHash
  }

  private func publicBytes(_ purpose: String) throws(DeviceError) -> [UInt8] {
    do {
      return try Derivation.publicBytes(
        from: secret, purpose: purpose, context: bundleHash, byteCount: 32)
    } catch { throw .internalError("join code") }
  }

  /// `Derive(secret, "join offer", bundle_hash, 32)`
  package func offerMailbox() throws(DeviceError) -> MailboxID {
    MailboxID(unchecked: try publicBytes("join offer"))
  }

  /// `Derive(secret, "join answer", bundle_hash, 32)`
  package func answerMailbox() throws(DeviceError) -> MailboxID {
    MailboxID(unchecked: try publicBytes("join answer"))
  }

  /// `Derive(secret, "join consent", bundle_hash, 32)`
  package func consentTag() throws(DeviceError) -> Digest32 {
    Digest32(unchecked: try publicBytes("join consent"))
  }

  /// `HMAC-SHA256(Derive(secret, "join mac", bundle_hash, 32), account || log_head || bundle hash)`
  package func mac(account: AccountID, logHead: LogHead, bundle: DeviceKeyBundle) throws(DeviceError)
    -> Digest32
  {
    do {
      let key = try Derivation.secret(from: secret, purpose: "join mac", context: bundleHash)
      let body = account.bytes + logHead.bytes + bundle.hash
      return Digest32(unchecked: HMAC.authenticationCode(for: body, using: key, hash: .sha256))
    } catch { throw .internalError("join code") }
  }
}

/// A device that has shown its code and waits for an old one to approve it.
public final class JoinRequest: Sendable {
  /// What the old device scans, or a person types there.
  public let code: JoinCode
  private let name: String
  private let keys: DeviceKeys
  private let bundle: DeviceKeyBundle
  private let vault: any KeyVault
  private let store: any DeviceStore
  private let relay: any Relay

  init(
    name: String, code: JoinCode, keys: DeviceKeys, bundle: DeviceKeyBundle, vault: any KeyVault,
    store: any DeviceStore, relay: any Relay
  ) {
    self.name = name
    self.code = code
    self.keys = keys
    self.bundle = bundle
    self.vault = vault
    self.store = store
    self.relay = relay
  }

  /// The device, once an old one has approved it: it believes only who saw the code.
  /// - Throws: `DeviceError.notApprovedYet` until then; `.approvalForged` if answers are there and none
  ///   comes from whoever saw the code.
  public func approved() async throws(DeviceError) -> Device {
    let secrets = JoinSecrets(code)
    let mailbox = try secrets.answerMailbox()
    let answers = try await Device.asking { () async throws(RelayError) in
      try await relay.messages(in: mailbox)
    }
    guard !answers.isEmpty else {
      // A process that ended early may have kept the offer and never posted it.
      try await Device.offer(code, bundle: bundle, keys: keys, relay: relay)
      throw .notApprovedYet
    }
    for bytes in answers {
      guard let answer = try? JoinAnswer(decoding: bytes),
        constantTimeEqual(
          try secrets.mac(account: answer.account, logHead: answer.logHead, bundle: bundle).bytes,
          answer.mac.bytes)
      else { continue }
      return try await finish(answer)
    }
    throw .approvalForged
  }

  private func finish(_ answer: JoinAnswer) async throws(DeviceError) -> Device {
    let entries = try await Device.asking { () async throws(RelayError) in
      try await relay.logEntries(of: answer.account, from: 0)
    }
    let log = try Device.replay(entries, of: answer.account)
    guard log.index(of: answer.logHead) != nil, log.activeMember(keys.deviceID) != nil else {
      throw .historyRefused(.rolledBack(from: UInt64(entries.count) + 1, to: UInt64(entries.count)))
    }
    let state = DeviceState(keys: keys, log: log, entries: entries)
    let device = Device(state, vault: vault, store: store, relay: relay)
    try device.save()
    try await device.inTurn { () async throws(DeviceError) in try await device.pullWraps() }
    try device.enqueueProfile(named: name)
    return device
  }
}
