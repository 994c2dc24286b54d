import CryptoCore
import Letterlock

/// Sealed attachments.
enum AttachmentVectors: OwnVectorKind {
  static let name = "attachment"
  static let about =
    "A sealed file opens to `byte_count` bytes with this SHA-256: byte i of the file is i modulo 251. Or it is refused. SPEC.md section 7.1."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let account = AccountID(unchecked: VectorSeed.bytes("account"))
    let blob = try BlobID(bytes: Array(VectorSeed.bytes("blob")[..<16]))
    let key = VectorSeed.key("attachment key")
    func seal(_ byteCount: Int, padding: UInt8 = 0) throws -> [UInt8] {
      let padded = Int(Padding.attachmentByteCount(UInt64(byteCount)))
      let content = file(byteCount) + [UInt8](repeating: padding, count: padded - byteCount)
      return try ChunkedEncryption.seal(
        content, suite: .cobblestone256, key: key,
        context: AttachmentSealing.context(account: account, blob: blob))
    }
    func test(
      _ name: String, _ sealed: [UInt8], _ byteCount: Int, valid: Bool = false,
      account other: AccountID? = nil,
      key otherKey: SecretKey? = nil
    ) -> [String: Any] {
      [
        "name": name, "account": (other ?? account).bytes.hex, "blob": blob.bytes.hex,
        "key": (otherKey ?? key).exportRawBytes().hex, "byte_count": byteCount,
        "sha256": SHA256Hash.hash(file(byteCount)).hex, "sealed": sealed.hex, "valid": valid,
      ]
    }
    let large = try seal(17_000)
    let chunk = 16_400
    let swapped = large[..<56] + large[(56 + chunk)...] + large[56..<(56 + chunk)]
    return (
      [:],
      [
        test("an empty file", try seal(0), 0, valid: true),
        test("300 bytes", try seal(300), 300, valid: true),
        test("two chunks", large, 17_000, valid: true),
        test("the salt altered", large.flipping(0), 17_000),
        test("the commitment altered", large.flipping(24), 17_000),
        test("the first chunk altered", large.flipping(56), 17_000),
        test("the last tag altered", large.flipping(large.count - 1), 17_000),
        test("cut after the first chunk", Array(large[..<(56 + chunk)]), 17_000),
        test("chunks exchanged", Array(swapped), 17_000),
        test("another length", large, 16_999),
        test("padding that is not zero", try seal(300, padding: 1), 300),
        test("another account", large, 17_000, account: AccountID(unchecked: VectorSeed.bytes("x"))),
        test("another key", large, 17_000, key: VectorSeed.key("another")),
      ]
    )
  }

  private static func file(_ byteCount: Int) -> [UInt8] { (0..<byteCount).map { UInt8($0 % 251) } }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let attachment = try Attachment(
      blob: try BlobID(bytes: test.bytes("blob")), key: SecretKey(copying: test.bytes("key")),
      mediaType: "application/octet-stream", byteCount: UInt64(test.number("byte_count") ?? 0),
      sha256: test.bytes("sha256"))
    let opened = try? open(
      attachment, test.bytes("sealed"), account: AccountID(unchecked: test.bytes("account")))
    guard test.flag("valid") == true else { return opened == nil && test.flag("valid") == false }
    return opened == Self.file(test.number("byte_count") ?? -1)
  }

  private static func open(
    _ attachment: Attachment, _ sealed: [UInt8], account: AccountID
  ) throws(DeviceError) -> [UInt8] {
    var opening = try AttachmentOpening(
      attachment, account: account, sealedByteCount: UInt64(sealed.count))
    var (content, start): ([UInt8], Int) = ([], 0)
    while let wanted = opening.wanted {
      content += try opening.add(Array(sealed[start..<start + wanted]))
      start += wanted
    }
    try opening.finish()
    return content
  }
}
