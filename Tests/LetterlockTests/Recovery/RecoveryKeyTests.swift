import CryptoCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: recovery key")
struct RecoveryKeyTests {
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

  /// What parsing gave, as a value that can be compared.
  private enum Outcome: Equatable {
    case exact([UInt8])
    case corrected([UInt8], groups: [Int], characterCount: Int)
    case refused(RecoveryKeyError)
  }

  private static func parse(_ text: String) -> Outcome {
    do {
      switch try RecoveryKey.parse(text) {
      case .exact(let key): return .exact(key.secret.exportRawBytes())
      case .corrected(let key, let groups, let characterCount):
        return .corrected(key.secret.exportRawBytes(), groups: groups, characterCount: characterCount)
      }
    } catch {
      return .refused(error)
    }
  }

  private static func text(of bytes: [UInt8]) throws -> String {
    let key = try RecoveryKey.holding(bytes)
    return key.reveal { $0 }
  }

  /// The characters of a key's text with `count` of them replaced, and the groups these stand in.
  private static func damaged(
    _ text: String, count: Int, using generator: inout some RandomNumberGenerator
  ) -> (text: String, groups: [Int]) {
    var characters = text.filter { $0 != "-" }
    let positions = Array(0..<65).shuffled(using: &generator).prefix(count).sorted()
    for position in positions {
      let index = characters.index(characters.startIndex, offsetBy: position)
      let others = alphabet.filter { $0 != characters[index] }
      characters.replaceSubrange(index...index, with: [others.randomElement(using: &generator) ?? "0"])
    }
    return (characters, Array(Set(positions.map { $0 / 5 + 1 })).sorted())
  }

  @Test func `a key is 13 groups of 5 characters and reads back exactly`() throws {
    for _ in 0..<200 {
      let bytes = SecureRandom.bytes(32)
      let text = try Self.text(of: bytes)
      let groups = text.split(separator: "-")
      #expect(groups.count == 13 && groups.allSatisfy { $0.count == 5 })
      #expect(text.allSatisfy { $0 == "-" || Self.alphabet.contains($0) })
      #expect(Self.parse(text) == .exact(bytes))
    }
  }

  @Test func `the text of a known key does not change`() throws {
    #expect(
      try Self.text(of: (0..<32).map { UInt8($0) })
        == "000G4-0R40M-30E20-9185G-R38E1-W8124-GK2GA-HC5RR-34D1P-70X3R-FGB1E-W5B4E-92JZR")
    #expect(
      try Self.text(of: [UInt8](repeating: 0, count: 32)).hasSuffix("00REC-0VERY-KEY01"))
  }

  @Test func `case, spaces, hyphens and look-alikes are forgiven`() throws {
    let bytes = (0..<32).map { UInt8(truncatingIfNeeded: $0 * 37 + 1) }
    let text = try Self.text(of: bytes)
    #expect(text.contains("0") && text.contains("1"))
    let spellings = [
      text.lowercased(), text.replacing("-", with: ""), text.replacing("-", with: " "),
      text.replacing("-", with: "\n"), text.replacing("-", with: " \u{2013} "), " \(text)\t",
      text.replacing("0", with: "O").replacing("1", with: "I"),
      text.replacing("0", with: "o").replacing("1", with: "l"), text.replacing("1", with: "L"),
    ]
    for spelling in spellings { #expect(Self.parse(spelling) == .exact(bytes)) }
  }

  @Test func `every single wrong character is corrected and its group named`() throws {
    let bytes = SecureRandom.bytes(32)
    let characters = Array(try Self.text(of: bytes).filter { $0 != "-" })
    for position in characters.indices {
      for other in Self.alphabet where other != characters[position] {
        var wrong = characters
        wrong[position] = other
        #expect(
          Self.parse(String(wrong)) == .corrected(bytes, groups: [position / 5 + 1], characterCount: 1))
      }
    }
  }

  @Test(arguments: [2, 3, 4])
  func `wrong characters up to four are corrected wherever they stand`(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    for _ in 0..<1_500 {
      let bytes = generator.bytes(32)
      let (text, groups) = Self.damaged(try Self.text(of: bytes), count: count, using: &generator)
      #expect(Self.parse(text) == .corrected(bytes, groups: groups, characterCount: count))
    }
  }

  @Test(arguments: [5, 6, 7, 8])
  func `five to eight wrong characters never pass unnoticed`(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    for _ in 0..<1_000 {
      let bytes = generator.bytes(32)
      let (text, _) = Self.damaged(try Self.text(of: bytes), count: count, using: &generator)
      switch Self.parse(text) {
      case .exact: Issue.record("\(count) wrong characters read as exact")
      case .corrected(let read, groups: _, characterCount: _): #expect(read != bytes)
      case .refused(let error): #expect(error == .tooManyWrongCharacters(unreadableGroups: []))
      }
    }
  }

  @Test func `a group typed twice, left out or swapped is noticed`() throws {
    let text = try Self.text(of: (0..<32).map { UInt8(truncatingIfNeeded: $0 * 91 + 7) })
    var groups = text.split(separator: "-").map(String.init)
    groups.swapAt(2, 9)
    #expect(
      Self.parse(groups.joined(separator: "-")) == .refused(.tooManyWrongCharacters(unreadableGroups: [])))
    groups.removeLast()
    #expect(
      Self.parse(groups.joined(separator: "-")) == .refused(.wrongLength(characterCount: 60, groups: [])))
  }

  @Test func `characters of no key are corrected like wrong ones`() throws {
    let bytes = SecureRandom.bytes(32)
    var characters = Array(try Self.text(of: bytes).filter { $0 != "-" })
    for (position, sign) in zip([0, 31, 32, 64], "U?é🙂") { characters[position] = sign }
    #expect(Self.parse(String(characters)) == .corrected(bytes, groups: [1, 7, 13], characterCount: 4))
    characters[40] = "!"
    #expect(
      Self.parse(String(characters)) == .refused(.tooManyWrongCharacters(unreadableGroups: [1, 7, 9, 13])))
  }

  @Test func `unreadable characters that happen to be zeros still count as wrong`() throws {
    let bytes = [UInt8](repeating: 0, count: 32)
    var characters = Array(try Self.text(of: bytes).filter { $0 != "-" })
    characters[3] = "?"
    #expect(Self.parse(String(characters)) == .corrected(bytes, groups: [1], characterCount: 1))
    for position in 4..<8 { characters[position] = "?" }
    #expect(Self.parse(String(characters)) == .refused(.tooManyWrongCharacters(unreadableGroups: [1, 2])))
  }

  @Test func `a missing or added character names its group`() throws {
    let groups = try Self.text(of: SecureRandom.bytes(32)).split(separator: "-").map(String.init)
    var short = groups
    short[4].removeLast()
    #expect(
      Self.parse(short.joined(separator: " ")) == .refused(.wrongLength(characterCount: 64, groups: [5])))
    var long = groups
    long[12] += "A"
    #expect(
      Self.parse(long.joined(separator: "-")) == .refused(.wrongLength(characterCount: 66, groups: [13])))
    #expect(Self.parse(short.joined()) == .refused(.wrongLength(characterCount: 64, groups: [])))
    #expect(Self.parse("") == .refused(.wrongLength(characterCount: 0, groups: [])))
  }

  @Test func `the spare bits of the last data character must be zero`() throws {
    var remainder = ErrorCorrectingCode.Remainder()
    var symbols = [GF32](repeating: .zero, count: 51) + [GF32(1)]
    for symbol in symbols + [GF32](repeating: .zero, count: 13) { remainder.feed(symbol) }
    let constant = "REC0VERYKEY01".compactMap(Base32.value).map(GF32.init)
    symbols += zip(remainder.symbols, constant).map(+)
    let text = String(symbols.map { Base32.alphabet[Int($0.value)] })
    #expect(Self.parse(text) == .refused(.tooManyWrongCharacters(unreadableGroups: [])))
  }

  @Test func `a join code is no recovery key`() {
    let text = WrittenCode.joinCode.text(of: SecretKey(random: 32))
    #expect(Self.parse(text) == .refused(.tooManyWrongCharacters(unreadableGroups: [])))
  }

  @Test func `only 32 bytes make a key`() {
    for count in [0, 31, 33, 64] {
      #expect(throws: RecoveryKey.WrongCount.self) {
        _ = try RecoveryKey.holding([UInt8](repeating: 1, count: count))
      }
    }
  }
}

extension RecoveryKey {
  fileprivate struct WrongCount: Error {}

  fileprivate static func holding(_ bytes: [UInt8]) throws -> RecoveryKey {
    guard let key = RecoveryKey(secret: bytes) else { throw WrongCount() }
    return key
  }
}
