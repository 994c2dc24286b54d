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

/// What the approving device answers: which account, and how far its log goes.
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
package struct JoinAnswer: WireCodable, Hashable, Sendable {
  var version: FormatVersion
  package var account: AccountID
  package var logHead: LogHead
  package var mac: Digest32

  package init(version: FormatVersion, account: AccountID, logHead: LogHead, mac: Digest32) {
    self.version = version
    self.account = account
    self.logHead = logHead
    self.mac = mac
  }

  static let wire = WireFormat(
    Self.init, field(\.version), field(\.account), field(\.logHead), field(\.mac))
}
