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
package struct JoinOffer: WireCodable, Hashable, Sendable {
  var version: FormatVersion
  package var device: DeviceKeyBundle
  package var consent: HybridSignatureBytes

  package init(version: FormatVersion, device: DeviceKeyBundle, consent: HybridSignatureBytes) {
    self.version = version
    self.device = device
    self.consent = consent
  }

  static let wire = WireFormat(
    Self.init, field(\.version), field(\.device), field(\.consent))
}

/// What the approving device answers: which account, and how far its log and its history go.
///
/// ```
/// struct {
///   uint8 version;
///   opaque account[32];
///   opaque log_head[32];            with the new device's `add`
///   optional<Checkpoint> checkpoint;   what the approver has verified; absent without a relay key
///   opaque mac[32];                 HMAC-SHA256 over the fields above and the bundle's hash
/// } JoinAnswer;
/// ```
/// SPEC.md section 3.6.
package struct JoinAnswer: WireCodable, Hashable, Sendable {
  var version: FormatVersion
  package var account: AccountID
  package var logHead: LogHead
  package var checkpoint: Checkpoint?
  package private(set) var mac: Digest32

  private init(
    version: FormatVersion, account: AccountID, logHead: LogHead, checkpoint: Checkpoint?, mac: Digest32
  ) {
    self.version = version
    self.account = account
    self.logHead = logHead
    self.checkpoint = checkpoint
    self.mac = mac
  }

  static let wire = WireFormat(
    Self.init, field(\.version), field(\.account), field(\.logHead), field(\.checkpoint), field(\.mac))

  /// An answer to the device of `bundle`, which showed the code of `secrets`.
  package init(
    account: AccountID, logHead: LogHead, checkpoint: Checkpoint?, to bundle: DeviceKeyBundle,
    _ secrets: JoinSecrets
  ) throws(FormatError) {
    self.init(
      version: .newest, account: account, logHead: logHead, checkpoint: checkpoint, mac: .zero)
    mac = try secrets.mac(of: authenticatedPart, bundle: bundle)
  }

  /// Whether it is from whoever saw the code.
  package func isAuthentic(to bundle: DeviceKeyBundle, _ secrets: JoinSecrets) throws(FormatError) -> Bool {
    constantTimeEqual(try secrets.mac(of: authenticatedPart, bundle: bundle).bytes, mac.bytes)
  }

  private var authenticatedPart: [UInt8] { Array(encoded.dropLast(Digest32.byteCount)) }
}
