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
          VaultContents(secrets: SecretKey(copying: secrets), state: state))
        return Array(FileManager.default.contents(atPath: path) ?? Data())
      }
    }
    func test(
      _ name: String, _ file: [UInt8], _ passphrase: String, valid: Bool
    ) -> [String: Any] {
      [
        "name": name, "file": file.hex, "passphrase": passphrase, "secrets": secrets.hex, "state": state.hex,
        "valid": valid,
      ]
    }
    let (plain, sealed) = (try file(nil), try file("correct horse"))
    return (
      [:],
      [
        test("file permissions alone", plain, "", valid: true),
        test("a passphrase", sealed, "correct horse", valid: true),
        test("another passphrase", sealed, "correct Horse", valid: false),
        test("no passphrase", sealed, "", valid: false),
        test("a secret altered", sealed.flipping(54), "correct horse", valid: false),
        test("the state altered", sealed.flipping(sealed.count - 1), "correct horse", valid: false),
        test("a passphrase for a file that has none", plain, "correct horse", valid: false),
        test(
          "more memory than 2^21 KiB", sealed.replacing(22, [0, 0x20, 0, 1]), "correct horse", valid: false),
        test("more than 16 passes", sealed.replacing(26, [0, 0, 0, 17]), "correct horse", valid: false),
        test("another version", plain.flipping(4), "", valid: false),
        test("cut", Array(plain.dropLast()), "", valid: false),
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
  /// With other bytes from a place on.
  fileprivate func replacing(_ start: Int, _ bytes: [UInt8]) -> [UInt8] {
    self[..<start] + bytes + self[(start + bytes.count)...]
  }
}
