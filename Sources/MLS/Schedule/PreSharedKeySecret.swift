package import CryptoCore
internal import TLSCodec

extension CipherSuiteAlgorithms {
  /// `psk_secret`: all pre-shared keys of a commit, in its order. RFC 9420 section 8.4.
  ///
  ///     psk_extracted_[i] = KDF.Extract(0, psk_[i])
  ///     psk_input_[i] = ExpandWithLabel(psk_extracted_[i], "derived psk", PSKLabel, KDF.Nh)
  ///
  ///     psk_secret_[0] = 0
  ///     psk_secret_[i] = KDF.Extract(psk_input_[i-1], psk_secret_[i-1])
  ///     psk_secret     = psk_secret_[n]
  /// - Throws: `CipherSuiteError.tooManyPreSharedKeys` if 16 bits do not count them.
  package func preSharedKeySecret(
    _ keys: [(id: PreSharedKeyID, secret: SecretKey)]
  ) throws(CipherSuiteError) -> SecretKey {
    guard let count = UInt16(exactly: keys.count) else { throw .tooManyPreSharedKeys }
    var secret = zeroSecret
    for (index, key) in keys.enumerated() {
      let label = PSKLabel(id: key.id, index: UInt16(truncatingIfNeeded: index), count: count)
      let extracted = extract(salt: zeroSecret, key.secret)
      let input = expandBlock(extracted, label: "derived psk", context: label.encoded)
      secret = extract(salt: input, secret)
    }
    return secret
  }
}

///     struct {
///       PreSharedKeyID id;
///       uint16 index;
///       uint16 count;
///     } PSKLabel;                                          RFC 9420 section 8.4
private struct PSKLabel: WireCodable {
  let id: PreSharedKeyID
  let index: UInt16
  let count: UInt16

  static let wire = WireFormat(Self.init, field(\.id), field(\.index), field(\.count))
}
