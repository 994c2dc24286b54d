import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: written codes")
struct ErrorCorrectingCodeTests {
  @Test func `the generator is the product over its roots`() {
    let exponents = Set((0..<8).flatMap { [$0, $0 * 32 % 93] })
    #expect(exponents.count == 13)
    let product = exponents.reduce([GF1024.one]) { product, exponent in
      let root = GF1024.codeRootPower(exponent)
      let shifted = [GF1024.zero] + product
      return zip(shifted, product.map { $0 * root } + [.zero]).map(+)
    }
    #expect(product.map(\.high) == [GF32](repeating: .zero, count: 14))
    #expect(product.reversed().map(\.low) == [.one] + ErrorCorrectingCode.generator)
  }

  @Test func `the code's root has order 93`() {
    var powers = [GF1024.codeRoot]
    while powers.count < 93 { powers.append(powers[powers.count - 1] * GF1024.codeRoot) }
    #expect(Set(powers).count == 93)
    #expect(powers.last == .one)
    for (index, power) in powers.enumerated() {
      #expect(GF1024.codeRootPower(index + 1) == power)
      #expect(GF1024.codeRootPower(index + 1 - 93) == power)
    }
  }

  @Test func `every element but zero has an inverse`() {
    for low in 0..<32 {
      for high in 0..<32 where (low, high) != (0, 0) {
        let element = GF1024(low: GF32(UInt8(low)), high: GF32(UInt8(high)))
        #expect(element * element.inverse == .one)
      }
    }
    #expect(GF1024.zero.inverse == .zero && GF32.zero.inverse == .zero)
  }

  @Test func `a right word needs no correction`() {
    #expect(ErrorCorrectingCode.corrections(forResidue: [GF32](repeating: .zero, count: 13)) == [])
  }
}
