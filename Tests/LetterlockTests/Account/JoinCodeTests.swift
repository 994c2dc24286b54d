import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: join code")
struct JoinCodeTests {
  private static let code = JoinCode(
    bundleHash: Array(0..<16), secret: SecretKey(copying: Array(16..<32)))

  private func expectSame(_ text: String) throws {
    let read = try JoinCode(parsing: text)
    #expect(read.bundleHash == Self.code.bundleHash && read.secret.isEqual(to: Self.code.secret))
  }

  @Test func `the text of a known code does not change, and reads back`() throws {
    #expect(
      Self.code.text == "000G4-0R40M-30E20-9185G-R38E1-W8124-GK2GA-HC5RR-34D1P-70X3R-FG1F3-9J5HY-TCCZR")
    try expectSame(Self.code.text)
    try expectSame(Self.code.text.lowercased().replacing("-", with: " ").replacing("1", with: "l"))
  }

  @Test func `four wrong characters are corrected, five are refused with the unreadable groups`() throws {
    var characters = Array(Self.code.text)
    for index in [0, 20, 40, 60] { characters[index] = "?" }
    try expectSame(String(characters))
    characters[76] = "U"
    #expect(throws: JoinCodeError.tooManyWrongCharacters(unreadableGroups: [1, 4, 7, 11, 13])) {
      try JoinCode(parsing: String(characters))
    }
  }

  @Test func `a short text names the group that is short`() {
    let text = Self.code.text.replacing("R38E1", with: "R38E")
    #expect(throws: JoinCodeError.wrongLength(characterCount: 64, groups: [5])) {
      try JoinCode(parsing: text)
    }
  }

  @Test func `a recovery key is no join code`() {
    let text = WrittenCode.recoveryKey.text(of: SecretKey(random: 32))
    #expect(throws: JoinCodeError.tooManyWrongCharacters(unreadableGroups: [])) {
      try JoinCode(parsing: text)
    }
  }

  @Test func `printing a code shows none of it`() {
    var dumped = ""
    dump(Self.code, to: &dumped)
    for text in ["\(Self.code)", String(reflecting: Self.code), dumped] {
      #expect(text.contains("redacted") && !text.contains("17") && !text.contains("000G4"))
    }
  }
}
