@testable import CryptoCore

extension [UInt8] {
  /// Bytes as the standards print them; spaces are for the reader's eye.
  init(hex: String) {
    let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    precondition(digits.count % 2 == 0, "half a byte")
    self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// The bytes with one bit inverted.
  func flippingBit(_ bit: Int) -> [UInt8] {
    var bytes = self
    bytes[bit / 8] ^= 1 << (bit % 8)
    return bytes
  }
}

extension SecretKey {
  /// A secret as the standards print it.
  convenience init(hex: String) { self.init(copying: [UInt8](hex: hex)) }
}

/// Everything that Swift prints of a value without being told how.
func everyPrintedForm<Value>(of value: Value) -> String {
  var dumped = ""
  dump(value, to: &dumped)
  let children = Mirror(reflecting: value).children.map { "\($0.label ?? ""): \($0.value)" }
  return ([String(describing: value), String(reflecting: value), dumped] + children)
    .joined(separator: "\n")
}
