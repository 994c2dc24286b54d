import CryptoCore
import Letterlock

/// Sealed attachments.
enum AttachmentVectors: OwnVectorKind {
  static let name = "attachment"
  static let about =
    "A sealed file with this digest opens to `byte_count` bytes: byte i of the file is i modulo 251. Or it is refused, and, unless its digest is wrong, each of its parts on its own too. SPEC.md section 7.1."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let account = AccountID(unchecked: VectorSeed.bytes("account"))
    let blob = try BlobID(bytes: Array(VectorSeed.bytes("blob")[..<16]))
    let key = VectorSeed.key("attachment key")
    func seal(_ byteCount: Int, padding: UInt8 = 0) throws -> [UInt8] {
      let padded = Int(Padding.attachmentByteCount(UInt64(byteCount)))
      let content = file(byteCount) + [UInt8](repeating: padding, count: padded - byteCount)
      return try ChunkedEncryption.seal(
        content, suite: .cobblestone256, key: key,
        context: SealedSegments.context(account: account, blob: blob))
    }
    func test(
      _ name: String, _ sealed: [UInt8], _ byteCount: Int, valid: Bool = false,
      account other: AccountID? = nil,
      key otherKey: SecretKey? = nil, digestOf digested: [UInt8]? = nil, parts: [Int] = [],
      refusedParts: [Int] = []
    ) -> [String: Any] {
      [
        "name": name, "account": (other ?? account).bytes.hex, "blob": blob.bytes.hex,
        "key": (otherKey ?? key).exportRawBytes().hex, "byte_count": byteCount,
        "digest": SegmentHasher.digest(of: digested ?? sealed).bytes.hex, "sealed": sealed.hex,
        "valid": valid,
        "parts": parts, "refused_parts": refusedParts,
      ]
    }
    let (small, large) = (try seal(300), try seal(17_000))
    let chunk = 16_400
    let swapped = large[..<56] + large[(56 + chunk)...] + large[56..<(56 + chunk)]
    return (
      [:],
      [
        test("an empty file", try seal(0), 0, valid: true, parts: [0, 0]),
        test("300 bytes", small, 300, valid: true, parts: [0, 300, 299, 300, 5, 5]),
        test(
          "two chunks", large, 17_000, valid: true,
          parts: [0, 17_000, 0, 16_384, 16_383, 16_385, 16_384, 17_000, 16_999, 17_000]),
        test("the salt altered", large.flipping(0), 17_000, refusedParts: [0, 1]),
        test("the commitment altered", large.flipping(24), 17_000, refusedParts: [16_999, 17_000]),
        test(
          "the first chunk altered", large.flipping(56), 17_000, parts: [16_384, 17_000],
          refusedParts: [0, 1, 16_383, 16_385]),
        test(
          "the last tag altered", large.flipping(large.count - 1), 17_000,
          refusedParts: [0, 1, 16_384, 16_385]),
        test("cut after the first chunk", Array(large[..<(56 + chunk)]), 17_000, refusedParts: [0, 1]),
        test("chunks exchanged", Array(swapped), 17_000, refusedParts: [0, 1]),
        test("another length", large, 16_999, refusedParts: [16_384, 16_999]),
        test("padding that is not zero", try seal(300, padding: 1), 300, refusedParts: [0, 1]),
        test("another account", large, 17_000, account: AccountID(unchecked: VectorSeed.bytes("x"))),
        test("another key", large, 17_000, key: VectorSeed.key("another")),
        test("another digest", large, 17_000, digestOf: small, parts: [0, 1, 16_384, 16_385]),
      ]
    )
  }

  private static func file(_ byteCount: Int) -> [UInt8] { (0..<byteCount).map { UInt8($0 % 251) } }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let attachment = try Attachment(
      blob: try BlobID(bytes: test.bytes("blob")), key: SecretKey(copying: test.bytes("key")),
      mediaType: "application/octet-stream", byteCount: UInt64(test.number("byte_count") ?? 0),
      digest: test.bytes("digest"))
    let (sealed, account) = (test.bytes("sealed"), AccountID(unchecked: test.bytes("account")))
    func part(_ range: Range<Int>) -> [UInt8]? {
      try? Self.part(range, of: sealed, as: attachment, account: account)
    }
    let content = Self.file(test.number("byte_count") ?? 0)
    guard ranges(test.numbers("parts")).allSatisfy({ part($0) == Array(content[$0]) }),
      ranges(test.numbers("refused_parts")).allSatisfy({ part($0) == nil })
    else { return false }
    let opened = try? AttachmentOpening.open(sealed, as: attachment, account: account)
    guard test.flag("valid") == true else { return opened == nil && test.flag("valid") == false }
    return opened == content
  }

  /// First places and ends, one after the other.
  private static func ranges(_ numbers: [Int]) -> [Range<Int>] {
    stride(from: 0, to: numbers.count - 1, by: 2).map { numbers[$0]..<max(numbers[$0], numbers[$0 + 1]) }
  }

  /// Part of a file, read without the rest.
  private static func part(
    _ range: Range<Int>, of sealed: [UInt8], as attachment: Attachment, account: AccountID
  ) throws(FormatError) -> [UInt8] {
    let opening = try AttachmentOpening(attachment, account: account, header: Array(sealed.prefix(56)))
    func bytes(_ range: Range<UInt64>) -> [UInt8] {
      Array(sealed[..<min(sealed.count, Int(range.upperBound))].dropFirst(Int(range.lowerBound)))
    }
    let last = opening.lastChunk
    guard opening.sealedByteCount == sealed.count else { throw .attachmentUnreadable(attachment.blob) }
    _ = try opening.open(bytes(last.sealed), from: last.number)
    guard !range.isEmpty else { return [] }
    let chunks = opening.chunks(holding: UInt64(range.lowerBound)..<UInt64(range.upperBound))
    let opened = try opening.open(bytes(chunks.sealed), from: chunks.numbers.lowerBound)
    let start = range.lowerBound - Int(chunks.numbers.lowerBound) * 16_384
    return Array(opened[start..<start + range.count])
  }
}

/// Digests of sealed files, whatever they hold.
enum AttachmentDigestVectors: OwnVectorKind {
  static let name = "attachment-digest"
  static let about =
    "The digest of a sealed file of `byte_count` bytes, of which byte i is i modulo 251. SPEC.md section 7.1."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let counts = [0, 1, 56, 524_855, 524_856, 524_857, 1_049_656, 1_049_657, 3_000_000]
    return (
      [:],
      counts.map {
        ["name": "\($0) bytes", "byte_count": $0, "digest": SegmentHasher.digest(of: bytes($0)).bytes.hex]
      }
    )
  }

  private static func bytes(_ byteCount: Int) -> [UInt8] { (0..<byteCount).map { UInt8($0 % 251) } }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    guard let byteCount = test.number("byte_count"), byteCount >= 0, byteCount <= 1 << 24 else {
      return false
    }
    let content = bytes(byteCount)
    var hasher = SegmentHasher()
    for start in stride(from: 0, to: byteCount, by: 100_003) {
      hasher.update(Array(content[start..<min(byteCount, start + 100_003)]))
    }
    let digest = SegmentHasher.digest(of: content)
    return digest.bytes == test.bytes("digest") && digest == hasher.finalize()
  }
}
