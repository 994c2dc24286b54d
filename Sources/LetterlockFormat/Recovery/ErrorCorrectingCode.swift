/// The BCH code of SPEC.md section 8.3: words of 65 symbols of GF(32), of which 13 are checks.
///
/// Its generator has the roots `(a z)^0` to `(a z)^7`, so two words differ in at least 9 symbols: up to 4
/// wrong ones are corrected, and up to 8 never go unnoticed.
enum ErrorCorrectingCode {
  static let symbolCount = 65
  static let dataSymbolCount = 52
  static let checkSymbolCount = 13
  static let rootCount = 8
  static let correctableCount = 4

  /// `x^13 + 4 x^12 + 25 x^11 + ...`: the coefficients after the leading one.
  static let generator: [GF32] = [4, 25, 25, 27, 25, 9, 5, 0, 23, 5, 5, 7, 27].map(GF32.init)

  /// One wrong symbol: its place from the left, from 0, and what must be added to it.
  struct Correction: Hashable {
    var position: Int
    var difference: GF32
  }

  /// The remainder of division by the generator, fed symbol by symbol, highest power first.
  struct Remainder {
    private(set) var symbols = [GF32](repeating: .zero, count: checkSymbolCount)

    mutating func feed(_ symbol: GF32) {
      let top = symbols[0]
      for index in 0..<checkSymbolCount {
        let next = index + 1 < checkSymbolCount ? symbols[index + 1] : symbol
        symbols[index] = next + top * generator[index]
      }
    }
  }

  /// What must change in a word, given how its remainder differs from the right one; nil if more than 4
  /// symbols must.
  static func corrections(forResidue residue: [GF32]) -> [Correction]? {
    let polynomial = residue.reversed().map { GF1024(low: $0) }
    let syndromes = (0..<rootCount).map { polynomial.evaluated(at: GF1024.codeRootPower($0)) }
    guard let locator = errorLocator(syndromes), let positions = errorPositions(locator) else { return nil }
    let corrections = positions.compactMap { correction(power: $0, locator: locator, syndromes: syndromes) }
    guard corrections.count == positions.count, remainder(of: corrections) == residue else { return nil }
    return corrections.sorted { $0.position < $1.position }
  }

  /// Berlekamp and Massey: the shortest recurrence that gives the syndromes; nil if it is longer than 4.
  private static func errorLocator(_ syndromes: [GF1024]) -> [GF1024]? {
    var current = [GF1024.one]
    var previous = [GF1024.one]
    var previousDiscrepancy = GF1024.one
    var (errorCount, shift) = (0, 1)
    for step in 0..<syndromes.count {
      let discrepancy = zip(current, syndromes[...step].reversed()).reduce(.zero) { $0 + $1.0 * $1.1 }
      guard discrepancy != .zero else {
        shift += 1
        continue
      }
      let factor = discrepancy * previousDiscrepancy.inverse
      let next = current.adding(previous.map { $0 * factor }, shiftedBy: shift)
      if 2 * errorCount <= step {
        errorCount = step + 1 - errorCount
        (previous, previousDiscrepancy, shift) = (current, discrepancy, 1)
      } else {
        shift += 1
      }
      current = next
    }
    while current.last == .zero { current.removeLast() }
    return errorCount <= correctableCount && current.count == errorCount + 1 ? current : nil
  }

  /// Chien's search: the powers of x whose symbols are wrong; nil if they do not all lie in the word.
  private static func errorPositions(_ locator: [GF1024]) -> [Int]? {
    let powers = (0..<symbolCount).filter { locator.evaluated(at: GF1024.codeRootPower(-$0)) == .zero }
    return powers.count == locator.count - 1 ? powers : nil
  }

  /// Forney's formula; nil if the difference is no symbol.
  private static func correction(power: Int, locator: [GF1024], syndromes: [GF1024]) -> Correction? {
    let place = GF1024.codeRootPower(power)
    let evaluator = (0..<rootCount).map { degree in
      zip(locator, syndromes[...degree].reversed()).reduce(GF1024.zero) { $0 + $1.0 * $1.1 }
    }
    // In characteristic 2 only the odd powers survive differentiation.
    let derivative = locator.indices.dropFirst().map { $0.isMultiple(of: 2) ? .zero : locator[$0] }
    let inverse = place.inverse
    let difference =
      place * evaluator.evaluated(at: inverse) * Array(derivative).evaluated(at: inverse).inverse
    guard difference.high == .zero, difference.low != .zero else { return nil }
    return Correction(position: symbolCount - 1 - power, difference: difference.low)
  }

  private static func remainder(of corrections: [Correction]) -> [GF32] {
    var remainder = Remainder()
    for position in 0..<symbolCount {
      remainder.feed(corrections.first { $0.position == position }?.difference ?? .zero)
    }
    return remainder.symbols
  }
}

extension [GF1024] {
  /// The sum of two polynomials, the second multiplied by `x^shift`.
  fileprivate func adding(_ other: Self, shiftedBy shift: Int) -> Self {
    var sum = self + Self(repeating: .zero, count: Swift.max(0, other.count + shift - count))
    for (index, coefficient) in other.enumerated() { sum[index + shift] = sum[index + shift] + coefficient }
    return sum
  }
}
