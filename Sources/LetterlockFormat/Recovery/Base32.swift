/// Crockford's base32: digits and letters without I, L, O and U. SPEC.md section 8.3.
enum Base32 {
  static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

  /// The value of a character, 0 to 31, upper or lower case; I and L stand for 1, O for 0.
  static func value(of character: Character) -> UInt8? {
    guard let ascii = character.asciiValue else { return nil }
    return values[Int(ascii)]
  }

  private static let values: [UInt8?] = {
    var values = [UInt8?](repeating: nil, count: 256)
    let lookAlikes: [(Character, UInt8)] = [("I", 1), ("L", 1), ("O", 0)]
    let own = alphabet.enumerated().map { ($0.element, UInt8($0.offset)) }
    for (character, value) in own + lookAlikes {
      for spelling in [character.uppercased(), character.lowercased()] {
        spelling.utf8.first.map { values[Int($0)] = value }
      }
    }
    return values
  }()
}
