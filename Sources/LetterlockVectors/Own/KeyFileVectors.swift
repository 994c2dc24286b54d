import CryptoCore
import Foundation
import Letterlock

/// Key files.
enum KeyFileVectors: OwnVectorKind {
  static let name = "key-file"
  static let about =
    "A key file, opened with a passphrase or with none: its secrets and its state, or that it is refused. SPEC.md section 8.4."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let secrets = VectorSeed.bytes("secrets", count: 96)
    let state = VectorSeed.bytes("state", count: 200)
    func file(_ passphrase: String?) throws -> [UInt8] {
      try withFile(nil) { path in
        try FileKeyVault(path: path, passphrase: passphrase).save(
          VaultContents(version: 7, secrets: SecretKey(copying: secrets), state: state), replacing: nil)
        return Array(FileManager.default.contents(atPath: path) ?? Data())
      }
    }
    func test(
      _ name: String, _ file: [UInt8], _ passphrase: String = "", valid: Bool, version: Int = 7
    ) -> [String: Any] {
      [
        "name": name, "file": file.hex, "passphrase": passphrase, "vault_version": version,
        "secrets": secrets.hex, "state": state.hex, "valid": valid,
      ]
    }
    let (plain, sealed) = (try file(nil), try file("correct horse"))
    let (copy, closed) = (Array(plain[..<(plain.count / 2)]), Array(sealed[..<(sealed.count / 2)]))
    let later = copy.replacing(6, [0, 0, 0, 0, 0, 0, 0, 8]).digested
    return (
      [:],
      [
        test("file permissions alone", plain, valid: true),
        test("a passphrase", sealed, "correct horse", valid: true),
        test("the first copy altered", plain.flipping(40), valid: true),
        test("the first copy of another version", plain.flipping(4), valid: true),
        test("the length in the first copy altered", plain.flipping(14), valid: true),
        test("the second copy altered", plain.flipping(copy.count + 40), valid: true),
        test("the first copy altered, with a passphrase", sealed.flipping(60), "correct horse", valid: true),
        test("cut in the second copy", Array(plain.dropLast()), valid: true),
        test("the second copy later", copy + later, valid: true, version: 8),
        test("the first copy later", later + copy, valid: true, version: 8),
        test("both copies altered", plain.flipping(40).flipping(copy.count + 50), valid: false),
        test("cut in the first copy", Array(plain[..<(copy.count - 1)]), valid: false),
        test("another passphrase", sealed, "correct Horse", valid: false),
        test("no passphrase", sealed, valid: false),
        test("a passphrase for a file that has none", plain, "correct horse", valid: false),
        test("a secret altered", closed.flipping(66).digested.twice, "correct horse", valid: false),
        test(
          "the state altered", closed.flipping(closed.count - 33).digested.twice, "correct horse",
          valid: false),
        test("the vault version altered", closed.flipping(61).digested.twice, "correct horse", valid: false),
        test(
          "more memory than 2^21 KiB", closed.replacing(22, [0, 0x20, 0, 1]).digested.twice, "correct horse",
          valid: false),
        test(
          "more than 16 passes", closed.replacing(26, [0, 0, 0, 17]).digested.twice, "correct horse",
          valid: false),
        test("another version", copy.flipping(4).digested.twice, valid: false),
      ]
    )
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let contents = try withFile(test.bytes("file")) { path in
      try? FileKeyVault(path: path, passphrase: test.text("passphrase")).load()
    }
    guard test.flag("valid") == true else { return contents == nil && test.flag("valid") == false }
    return contents?.secrets.exportRawBytes() == test.bytes("secrets")
      && contents?.state == test.bytes("state")
      && contents.map { Int($0.version) } == test.number("vault_version")
  }

  private static func withFile<Result>(_ bytes: [UInt8]?, _ body: (String) throws -> Result) throws -> Result
  {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("letterlock-vector-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    if let bytes { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
    return try body(path)
  }
}

extension [UInt8] {
  /// A copy of a key file with the digest that its other bytes have.
  fileprivate var digested: [UInt8] { Array(dropLast(32)) + SHA256Hash.hash(Array(dropLast(32))) }

  /// A key file of two such copies.
  fileprivate var twice: [UInt8] { self + self }

  /// With other bytes from a place on.
  fileprivate func replacing(_ start: Int, _ bytes: [UInt8]) -> [UInt8] {
    self[..<start] + bytes + self[(start + bytes.count)...]
  }
}
