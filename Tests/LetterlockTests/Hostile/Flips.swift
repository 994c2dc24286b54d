import Foundation

/// Every single-bit change of some bytes, or a sample of one bit in some of them.
struct Flips: Sequence {
  /// Whether to try everything: takes long, and is for optimised builds.
  static let isThorough = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  let bytes: [UInt8]
  /// How many bits of each byte are tried when everything is.
  var bitsPerByte = 8
  /// Every so many bytes are tried when not everything is.
  var sample = 41

  func makeIterator() -> AnyIterator<(index: Int, bytes: [UInt8])> {
    let step = Self.isThorough ? 1 : sample
    let bits = Self.isThorough ? bitsPerByte : 1
    var next = 0
    return AnyIterator {
      let index = next / bits * step
      guard index < bytes.count else { return nil }
      var altered = bytes
      altered[index] ^= 1 << UInt8((next % bits + index) % 8)
      next += 1
      return (index, altered)
    }
  }
}
