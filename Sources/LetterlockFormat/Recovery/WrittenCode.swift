import CryptoCore

/// 32 bytes as 65 characters that a person writes down and types in again. SPEC.md section 8.3.
///
/// One code serves several purposes, each with a constant of its own, so a code of one is none of another.
package struct WrittenCode {
  package static let byteCount = 32
  static let groupSize = 5

  /// What a right word leaves on division by the generator.
  private let constant: [GF32]

  /// - Parameter constant: 13 characters of the alphabet.
  private init(constant: String) {
    self.constant = constant.compactMap(Base32.value).map(GF32.init)
  }

  static let recoveryKey = WrittenCode(constant: "REC0VERYKEY01")
  static let joinCode = WrittenCode(constant: "J01NC0DE00001")

  /// What was read, and where it had to be corrected.
  struct Reading {
    let value: SecretKey
    /// From 1, ascending, each once.
    let wrongGroups: [Int]
    let wrongCharacterCount: Int
  }

  /// Groups count from 1.
  enum Failure: Error, Equatable {
    case wrongLength(characterCount: Int, groups: [Int])
    case tooManyWrongCharacters(unreadableGroups: [Int])
  }

  /// 13 groups of 5 characters with hyphens between them.
  func text(of value: SecretKey) -> String {
    var text = ""
    var remainder = ErrorCorrectingCode.Remainder()
    func append(_ symbol: GF32, at position: Int) {
      if position > 0, position.isMultiple(of: Self.groupSize) { text.append("-") }
      text.append(Base32.alphabet[Int(symbol.value)])
    }
    value.withBytes { bytes in
      for position in 0..<ErrorCorrectingCode.dataSymbolCount {
        let symbol = GF32(Self.symbol(at: position, of: bytes))
        remainder.feed(symbol)
        append(symbol, at: position)
      }
    }
    for _ in 0..<ErrorCorrectingCode.checkSymbolCount { remainder.feed(.zero) }
    for (index, check) in zip(remainder.symbols, constant).map(+).enumerated() {
      append(check, at: ErrorCorrectingCode.dataSymbolCount + index)
    }
    return text
  }

  /// Reads a code, correcting up to 4 wrong or unreadable characters.
  func read(_ text: String) throws(Failure) -> Reading {
    let scan = try Scan(text)
    let corrections = ErrorCorrectingCode.corrections(forResidue: residue(of: scan))
    guard let corrections, let value = Self.value(of: scan, with: corrections) else {
      throw .tooManyWrongCharacters(unreadableGroups: Self.groups(of: scan.unreadable))
    }
    let wrong = Set(corrections.map(\.position)).union(scan.unreadable)
    guard wrong.count <= ErrorCorrectingCode.correctableCount else {
      throw .tooManyWrongCharacters(unreadableGroups: Self.groups(of: scan.unreadable))
    }
    return Reading(
      value: value, wrongGroups: Self.groups(of: wrong.sorted()), wrongCharacterCount: wrong.count)
  }

  private func residue(of scan: Scan) -> [GF32] {
    var remainder = ErrorCorrectingCode.Remainder()
    scan.symbols.withBytes { symbols in
      for position in 0..<ErrorCorrectingCode.symbolCount { remainder.feed(GF32(symbols.byte(at: position))) }
    }
    return zip(remainder.symbols, constant).map(+)
  }

  /// Places in the word as groups from 1, each once.
  private static func groups(of positions: [Int]) -> [Int] {
    positions.map { $0 / groupSize + 1 }.reduce(into: []) { groups, group in
      if groups.last != group { groups.append(group) }
    }
  }
}

extension WrittenCode {
  /// The characters of a text as symbols.
  private struct Scan {
    let symbols: SecretKey
    /// Places of characters outside the alphabet; their symbol is 0.
    let unreadable: [Int]

    init(_ text: String) throws(Failure) {
      let groups = text.split(whereSeparator: \.separatesGroups)
      let count = groups.reduce(0) { $0 + $1.count }
      guard count == ErrorCorrectingCode.symbolCount else {
        throw .wrongLength(characterCount: count, groups: Self.wrongGroups(groups))
      }
      var unreadable: [Int] = []
      symbols = SecretKey(
        SecretBytes(byteCount: count) { symbols in
          for (position, character) in groups.joined().enumerated() {
            let value = Base32.value(of: character)
            if value == nil { unreadable.append(position) }
            symbols.storeBytes(of: value ?? 0, toByteOffset: position, as: UInt8.self)
          }
        })
      self.unreadable = unreadable
    }

    /// Which groups are too short or too long, if the text still has as many as it should.
    private static func wrongGroups(_ groups: [Substring]) -> [Int] {
      guard groups.count == ErrorCorrectingCode.symbolCount / groupSize else { return [] }
      return groups.indices.filter { groups[$0].count != groupSize }.map { $0 + 1 }
    }
  }

  /// Symbol `position` of 52: bits `5 position` to `5 position + 4`, the bytes' highest bits first, zeros after.
  private static func symbol(at position: Int, of bytes: RawSpan) -> UInt8 {
    let (first, offset) = (5 * position / 8, 5 * position % 8)
    let pair = [first, first + 1].reduce(UInt16(0)) { pair, index in
      pair << 8 | (index < bytes.byteCount ? UInt16(bytes.byte(at: index)) : 0)
    }
    return UInt8(truncatingIfNeeded: pair >> (11 - offset)) & 31
  }

  /// The 32 bytes of a corrected word; nil unless the 4 bits to spare are zero.
  private static func value(of scan: Scan, with corrections: [ErrorCorrectingCode.Correction]) -> SecretKey? {
    var differences = [UInt8](repeating: 0, count: ErrorCorrectingCode.symbolCount)
    for correction in corrections { differences[correction.position] = correction.difference.value }
    var spareBits: UInt16 = 0
    let value = scan.symbols.withBytes { symbols in
      let value = SecretBytes(byteCount: byteCount) { bytes in
        var pending: UInt16 = 0
        var (pendingCount, written) = (0, 0)
        for position in 0..<ErrorCorrectingCode.dataSymbolCount {
          pending = pending << 5 | UInt16(symbols.byte(at: position) ^ differences[position])
          pendingCount += 5
          guard pendingCount >= 8 else { continue }
          pendingCount -= 8
          bytes.storeBytes(
            of: UInt8(truncatingIfNeeded: pending >> pendingCount), toByteOffset: written, as: UInt8.self)
          written += 1
        }
        spareBits = pending & 15
      }
      return SecretKey(value)
    }
    return spareBits == 0 ? value : nil
  }
}

extension Character {
  /// White space and every kind of hyphen or dash.
  fileprivate var separatesGroups: Bool {
    isWhitespace || unicodeScalars.allSatisfy { $0.properties.generalCategory == .dashPunctuation }
  }
}
