/// The 7-bit default alphabet of short messages and its extension table. 3GPP TS 23.038 section 6.2.1.
enum GSMAlphabet {
  static let escape: UInt8 = 0x1b

  /// The default alphabet in order of its codes; the escape stands at its own place.
  static let characters: [Unicode.Scalar] = Array(
    """
    @£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà
    """.unicodeScalars)

  /// What follows the escape, and the code it has there. 3GPP TS 23.038 section 6.2.1.1.
  static let extensionCodes: [Unicode.Scalar: UInt8] = [
    "\u{c}": 0x0a, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2f, "[": 0x3c, "~": 0x3d, "]": 0x3e, "|": 0x40,
    "€": 0x65,
  ]

  private static let codes: [Unicode.Scalar: [UInt8]] = {
    var codes: [Unicode.Scalar: [UInt8]] = [:]
    for (code, character) in characters.enumerated() where UInt8(code) != escape {
      codes[character] = [UInt8(code)]
    }
    for (character, code) in extensionCodes { codes[character] = [escape, code] }
    return codes
  }()

  /// One septet, or two with the escape first; nil for what the alphabet lacks.
  static func septets(for character: Unicode.Scalar) -> [UInt8]? {
    codes[character]
  }
}
