import CryptoCore
import Letterlock

/// The one framing of everything that is signed.
enum SignatureVectors: OwnVectorKind {
  static let name = "signature"
  static let about = "Signatures of a body, valid or not. SPEC.md sections 2.3 and 3.2."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let keys = try TestKeys.keys("signer")
    let other = try TestKeys.keys("other signer")
    let account = AccountID(unchecked: VectorSeed.bytes("account"))
    let body = Array("a body".utf8)
    let hybrid = try keys.sign(body, for: .logEntry, account: account).bytes
    let quick = try keys.quickSign(body, for: .signedBatch, account: account).bytes
    let lifted = try keys.sign(body, for: .signedBatch, account: account).bytes

    func test(
      _ name: String, _ signature: [UInt8], _ purpose: SignaturePurpose, valid: Bool,
      body signed: [UInt8]? = nil, account signedFor: AccountID? = nil, keys signer: SigningKeys? = nil
    ) -> [String: Any] {
      [
        "name": name, "signing_keys": (signer ?? keys.signingKeys).bytes.hex,
        "purpose": purpose.rawValue, "account": (signedFor ?? account).bytes.hex,
        "body": (signed ?? body).hex, "signature": signature.hex, "valid": valid,
      ]
    }
    let none = AccountID(unchecked: [UInt8](repeating: 0, count: 32))
    let cases = [
      test("both algorithms", hybrid, .logEntry, valid: true),
      test("Ed25519 alone", quick, .signedBatch, valid: true),
      test("another purpose", hybrid, .bundle, valid: false),
      test("another purpose, Ed25519", quick, .checkpoint, valid: false),
      test("another account", hybrid, .logEntry, valid: false, account: none),
      test("another body", hybrid, .logEntry, valid: false, body: Array("A body".utf8)),
      test("another signer", hybrid, .logEntry, valid: false, keys: other.signingKeys),
      test("Ed25519 half altered", hybrid.flipping(3), .logEntry, valid: false),
      test("ML-DSA half altered", hybrid.flipping(700), .logEntry, valid: false),
      test("ML-DSA half of another body's signature", quick + hybrid[64...], .signedBatch, valid: false),
      test("Ed25519 half of a hybrid signature", Array(lifted[..<64]), .signedBatch, valid: false),
      test("Ed25519 signature as half of a hybrid one", quick + lifted[64...], .signedBatch, valid: false),
      test("cut", Array(hybrid.dropLast()), .logEntry, valid: false),
    ]
    let shared: [String: Any] = [
      "signing_seed": keys.signingSeed.exportRawBytes().hex, "signing_keys": keys.signingKeys.bytes.hex,
      "device_id": keys.deviceID.bytes.hex,
    ]
    return (shared, cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let keys = try TestKeys.keys(signingSeed: file.bytes("signing_seed"))
    guard keys.signingKeys.bytes == file.bytes("signing_keys"),
      keys.deviceID.bytes == file.bytes("device_id")
    else { return false }
    guard let purpose = SignaturePurpose(rawValue: test.text("purpose") ?? "") else { return false }
    let (signature, account) = (test.bytes("signature"), AccountID(unchecked: test.bytes("account")))
    let signer = SigningKeys(unchecked: test.bytes("signing_keys"))
    let isValid =
      signature.count == 64
      ? signer.isValid(
        quick: Ed25519SignatureBytes(unchecked: signature), for: purpose, account: account,
        body: test.bytes("body"))
      : signer.isValid(
        HybridSignatureBytes(unchecked: signature), for: purpose, account: account,
        body: test.bytes("body"))
    return isValid == test.flag("valid")
  }
}

/// Devices whose keys follow from fixed seeds.
enum TestKeys {
  static func keys(_ name: String) throws -> DeviceKeys {
    try DeviceKeys(
      signingSeed: VectorSeed.key("\(name) signing"), sealingSeed: VectorSeed.key("\(name) sealing"))
  }

  static func keys(signingSeed: [UInt8]) throws -> DeviceKeys {
    try DeviceKeys(
      signingSeed: SecretKey(copying: signingSeed), sealingSeed: VectorSeed.key("any sealing"))
  }
}
