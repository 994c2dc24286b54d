/// GF(32): polynomials over GF(2) modulo `a^5 + a^2 + 1`, the coefficient of `a^i` in bit i.
struct GF32: Hashable {
  var value: UInt8

  init(_ value: UInt8) {
    self.value = value & 31
  }

  static let zero = GF32(0)
  static let one = GF32(1)

  /// Powers of `a`, which generates the 31 non-zero elements; twice over, so that no sum of two logarithms
  /// needs reducing.
  private static let powers: [UInt8] = {
    var powers: [UInt8] = [1]
    for _ in 1..<62 {
      let next = powers[powers.count - 1] << 1
      powers.append(next & 32 == 0 ? next : next ^ 0b100101)
    }
    return powers
  }()

  private static let logarithms: [Int] = {
    var logarithms = [Int](repeating: 0, count: 32)
    for (exponent, power) in powers.prefix(31).enumerated() { logarithms[Int(power)] = exponent }
    return logarithms
  }()

  static func + (left: Self, right: Self) -> Self {
    Self(left.value ^ right.value)
  }

  static func * (left: Self, right: Self) -> Self {
    guard left != zero, right != zero else { return zero }
    return Self(powers[logarithms[Int(left.value)] + logarithms[Int(right.value)]])
  }

  /// One divided by this; zero for zero.
  var inverse: Self {
    self == .zero ? .zero : Self(Self.powers[31 - Self.logarithms[Int(value)]])
  }
}

/// GF(1024): `low + high z` over GF(32) modulo `z^2 + z + 1`.
struct GF1024: Hashable {
  var low: GF32
  var high: GF32

  init(low: GF32, high: GF32 = .zero) {
    self.low = low
    self.high = high
  }

  static let zero = GF1024(low: .zero)
  static let one = GF1024(low: .one)

  /// `a z`: an element of order 93, the primitive root of the code. SPEC.md section 8.3.
  static let codeRoot = GF1024(low: .zero, high: GF32(2))
  static let codeRootOrder = 93

  static func + (left: Self, right: Self) -> Self {
    Self(low: left.low + right.low, high: left.high + right.high)
  }

  static func * (left: Self, right: Self) -> Self {
    let high = left.high * right.high
    return Self(
      low: left.low * right.low + high,
      high: left.low * right.high + left.high * right.low + high)
  }

  /// One divided by this; zero for zero.
  var inverse: Self {
    let norm = (low * low + low * high + high * high).inverse
    return Self(low: (low + high) * norm, high: high * norm)
  }

  private static let codeRootPowers = (1..<codeRootOrder).reduce(into: [one]) { powers, exponent in
    powers.append(powers[exponent - 1] * codeRoot)
  }

  /// `codeRoot` to the power of any integer.
  static func codeRootPower(_ exponent: Int) -> Self {
    let remainder = exponent % codeRootOrder
    return codeRootPowers[remainder < 0 ? remainder + codeRootOrder : remainder]
  }
}

extension [GF1024] {
  /// The polynomial whose coefficient of `x^i` is element i, at `x`.
  func evaluated(at x: GF1024) -> GF1024 {
    reversed().reduce(.zero) { $0 * x + $1 }
  }
}
