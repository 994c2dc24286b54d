/// How long a plaintext is made, so that its length says little about it. SPEC.md section 10.7.
///
/// Padmé from "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs" (PoPETs 2019):
/// a length keeps only as many significant bits as its logarithm needs, which adds less than 12%.
package enum Padding {
  /// Nothing is shorter.
  package static let minimumByteCount = 256

  /// The padded length of an archive entry of `byteCount` bytes.
  package static func paddedByteCount(_ byteCount: Int) -> Int {
    Int(clamping: attachmentByteCount(UInt64(clamping: byteCount)))
  }

  /// The padded length of a file of `byteCount` bytes; the largest multiple that fits above 2^63.
  package static func attachmentByteCount(_ byteCount: UInt64) -> UInt64 {
    guard byteCount > UInt64(minimumByteCount) else { return UInt64(minimumByteCount) }
    let exponent = 63 - byteCount.leadingZeroBitCount
    let exponentBits = Int.bitWidth - exponent.leadingZeroBitCount
    let mask: UInt64 = 1 << UInt64(exponent - exponentBits) - 1
    let (sum, overflow) = byteCount.addingReportingOverflow(mask)
    return (overflow ? .max : sum) & ~mask
  }

  /// `entry`, and zeros up to its padded length.
  package static func padded(_ entry: [UInt8]) -> [UInt8] {
    entry + [UInt8](repeating: 0, count: paddedByteCount(entry.count) - entry.count)
  }
}
