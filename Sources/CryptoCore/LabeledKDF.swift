/// LabeledExtract and LabeledExpand. RFC 9180 section 4.
struct LabeledKDF: Sendable {
  let hash: HashFunctionName
  /// `"HPKE-v1" || suite_id`.
  private let prefix: [UInt8]

  init(suiteID: [UInt8], hash: HashFunctionName) {
    self.hash = hash
    prefix = Array("HPKE-v1".utf8) + suiteID
  }

  /// `Extract("", "HPKE-v1" || suite_id || label || ikm)`.
  func extract(label: String, _ inputKeyMaterial: SecretKey) -> SecretKey {
    inputKeyMaterial.withBytes { extract(salt: RawSpan(), label: label, $0) }
  }

  /// The same of what is not secret.
  func extract(label: String, _ inputKeyMaterial: [UInt8]) -> SecretKey {
    inputKeyMaterial.withRawSpan { extract(salt: RawSpan(), label: label, $0) }
  }

  /// `Extract(salt, "HPKE-v1" || suite_id || label || ikm)`. An empty salt is one of zeros. RFC 5869 section 2.2.
  func extract(salt: RawSpan, label: String, _ inputKeyMaterial: RawSpan) -> SecretKey {
    let start = prefix.count + label.utf8.count
    return withTemporaryBytes(start + inputKeyMaterial.byteCount) { input in
      input.copy(prefix, to: 0)
      input.copy(utf8: label, to: prefix.count)
      input.copy(inputKeyMaterial, to: start)
      return input.withReadOnly { HKDF.extract(salt: salt, inputKeyMaterial: $0, hash: hash) }
    }
  }

  /// `Expand(prk, I2OSP(L, 2) || "HPKE-v1" || suite_id || label || info, L)`.
  func expand(
    _ pseudoRandomKey: SecretKey, label: String, info: [UInt8], byteCount: Int
  ) throws(HPKEError) -> SecretKey {
    guard (0...255 * hash.digestByteCount).contains(byteCount) else { throw .exportTooLong }
    var labeled: [UInt8] = []
    labeled.reserveCapacity(2 + prefix.count + label.utf8.count + info.count)
    labeled.append(UInt8(truncatingIfNeeded: byteCount >> 8))
    labeled.append(UInt8(truncatingIfNeeded: byteCount))
    labeled += prefix
    labeled += label.utf8
    labeled += info
    do throws(KDFError) {
      return try HKDF.expand(pseudoRandomKey, info: labeled, byteCount: byteCount, hash: hash)
    } catch { throw .exportTooLong }
  }
}

extension LabeledKDF {
  private static let ofKEMs = Dictionary(
    uniqueKeysWithValues: HPKEKEM.allCases.map { ($0, LabeledKDF(suiteID: $0.suiteID, hash: $0.hash)) })

  /// The KDF of a KEM.
  init(of kem: HPKEKEM) {
    self = Self.ofKEMs[kem] ?? LabeledKDF(suiteID: kem.suiteID, hash: kem.hash)
  }
}
