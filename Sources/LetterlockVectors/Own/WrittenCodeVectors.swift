import CryptoCore
import Letterlock
import TLSCodec

/// Recovery keys and join codes as people write and type them.
enum WrittenCodeVectors: OwnVectorKind {
  static let name = "written-code"
  static let about =
    "A text that a person types, for a `purpose`: the 32 bytes and the groups that were corrected, or that it is refused. For a recovery key also its device. SPEC.md sections 8.1 to 8.3."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let secret = VectorSeed.bytes("recovery key")
    guard let key = RecoveryKey(secret: secret) else { return ([:], []) }
    let text = key.reveal { $0 }
    let device = try DeviceKeys(recoverySecret: SecretKey(copying: secret))
    let code = JoinCode(
      bundleHash: Array(VectorSeed.bytes("bundle")[..<16]),
      secret: SecretKey(copying: Array(VectorSeed.bytes("join secret")[..<16])))

    func test(
      _ name: String, _ text: String, groups: [Int] = [], valid: Bool = true,
      purpose: String = "recovery key",
      secret other: [UInt8]? = nil
    ) -> [String: Any] {
      [
        "name": name, "purpose": purpose, "text": text, "secret": (other ?? secret).hex,
        "corrected_groups": groups, "valid": valid,
      ]
    }
    let joined = code.bundleHash + code.secret.exportRawBytes()
    let cases = [
      test("as written", text),
      test("lower case, without hyphens", text.lowercased().filter { $0 != "-" }),
      test("spaces for hyphens, look-alikes", text.spacedWithLookAlikes),
      test("one wrong character", text.mistyping([7]), groups: [2]),
      test("four wrong characters", text.mistyping([0, 20, 21, 64]), groups: [1, 5, 13]),
      test("four unreadable characters", text.mistyping([3, 4, 5, 6], with: "U"), groups: [1, 2]),
      test("five wrong characters", text.mistyping([0, 10, 20, 30, 40]), valid: false),
      test("a character is missing", String(text.dropLast()), valid: false),
      test("spare bits that are not zero", text.addingGenerator, valid: false),
      test("a join code for a recovery key", code.text, valid: false),
      test("a join code", code.text, purpose: "join code", secret: joined),
      test(
        "a join code, mistyped", code.text.mistyping([64]), groups: [13], purpose: "join code", secret: joined
      ),
      test("a recovery key for a join code", text, valid: false, purpose: "join code", secret: joined),
    ]
    return (
      ["recovery_key": secret.hex, "recovery_device": device.deviceID.bytes.hex], cases
    )
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let device = try DeviceKeys(recoverySecret: SecretKey(copying: file.bytes("recovery_key")))
    guard device.deviceID.bytes == file.bytes("recovery_device") else { return false }
    let text = test.text("text") ?? ""
    let groups = test.list("corrected_groups").isEmpty ? test.numbers("corrected_groups") : []
    guard test.text("purpose") == "recovery key" else {
      let code = try? JoinCode(parsing: text)
      let secret = code.map { $0.bundleHash + $0.secret.exportRawBytes() }
      return test.flag("valid") == true ? secret == test.bytes("secret") : secret == nil
    }
    let parsed: ParsedRecoveryKey
    do { parsed = try RecoveryKey.parse(text) } catch { return test.flag("valid") == false }
    guard test.flag("valid") == true else { return false }
    switch consume parsed {
    case .exact(let key):
      return groups.isEmpty && key.secret.exportRawBytes() == test.bytes("secret")
    case .corrected(let key, groups: let corrected, characterCount: _):
      return groups == corrected && key.secret.exportRawBytes() == test.bytes("secret")
    }
  }
}

extension String {
  /// With other characters at these places, hyphens not counted.
  fileprivate func mistyping(_ places: [Int], with wrong: Character? = nil) -> String {
    var place = -1
    return String(
      map { character in
        guard character != "-" else { return character }
        place += 1
        guard places.contains(place) else { return character }
        return wrong ?? (character == "7" ? "8" : "7")
      })
  }

  /// Another word of the code, whose last data symbol differs in its lowest bit: that is a spare one.
  fileprivate var addingGenerator: String {
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    let generator = [1, 4, 25, 25, 27, 25, 9, 5, 0, 23, 5, 5, 7, 27]
    var symbols = filter { $0 != "-" }.map { alphabet.firstIndex(of: $0) ?? 0 }
    for (place, symbol) in generator.enumerated() { symbols[51 + place] ^= symbol }
    return String(symbols.map { alphabet[$0] })
  }

  fileprivate var spacedWithLookAlikes: String {
    String(map { ["-": " ", "1": "l", "0": "o"][$0] ?? $0 })
  }
}
