package import CryptoCore
public import TLSCodec

/// An epoch's secret for one device: HPKE base mode with X-Wing, `enc[1120] || ciphertext[48]`, 1168 bytes.
/// SPEC.md section 4.2.
package enum EpochWrap {
  /// 1168.
  package static let byteCount = 1168

  /// ```
  /// struct {
  ///   opaque label<V> = "letterlock/1 wrap";
  ///   opaque account[32];             zero in create
  ///   opaque header<V>;               the header without its wraps
  ///   opaque recipient[32];
  ///   opaque sealing_key[1216];
  /// } WrapInfo;
  /// ```
  package static func info(
    header: EpochHeader, account: AccountID, recipient: DeviceID, sealingKey: SealingKey
  ) -> [UInt8] {
    var writer = TLSWriter(reserving: 3000)
    writer.write(opaque: Array("letterlock/1 wrap".utf8))
    writer.write(account)
    writer.write(opaque: header.boundPart)
    writer.write(recipient)
    writer.write(sealingKey)
    return writer.bytes
  }

  /// Wraps an epoch secret for a device.
  package static func wrap(
    _ epochSecret: SecretKey, header: EpochHeader, account: AccountID, for recipient: DeviceID,
    sealingKey: SealingKey
  ) throws(FormatError) -> [UInt8] {
    do {
      let key = try HPKEPublicKey(bytes: sealingKey.bytes, kem: .xWing)
      let info = info(
        header: header, account: account, recipient: recipient, sealingKey: sealingKey)
      return try HPKE.sealSecret(epochSecret, to: key, suite: .letterlock, info: info, authenticating: [])
    } catch {
      throw .unusableKey(recipient)
    }
  }

  /// What the log holds of a wrap.
  package static func hash(_ wrap: [UInt8]) -> Digest32 {
    Digest32(unchecked: SHA256Hash.hash(wrap))
  }
}

/// A wrap on its way to the relay, which keeps it apart from the log.
///
/// ```
/// struct {
///   opaque device[32];
///   opaque wrap<V>;
/// } StoredWrap;
/// ```
public struct StoredWrap: WireCodable, Hashable, Sendable {
  /// Who can open it.
  public let device: DeviceID
  /// The wrap.
  public let wrap: Opaque

  /// A wrap for a device.
  public init(device: DeviceID, wrap: Opaque) {
    self.device = device
    self.wrap = wrap
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.device), field(\.wrap))
}
