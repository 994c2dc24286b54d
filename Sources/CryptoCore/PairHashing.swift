internal import Crypto

extension SHA256Hash {
  /// Appends `SHA-256(prefix || left || right)` to `upper` for every pair of neighbours among the 32-byte values of
  /// `lower`, from pair number `first` on. A last value without a neighbour is left out.
  package static func appendPairHashes(
    of lower: [UInt8], fromPair first: Int, prefix: UInt8, to upper: inout [UInt8]
  ) {
    let pairCount = lower.count / 64
    guard first >= 0, first < pairCount else { return }
    upper.reserveCapacity(upper.count + 32 * (pairCount - first))
    lower.withRawSpan { values in
      for pair in first..<pairCount {
        var state = SHA256()
        // The byte and the span outlive the calls.
        unsafe withUnsafeBytes(of: prefix) { unsafe state.update(bufferPointer: $0) }
        unsafe values.extracting(64 * pair..<64 * pair + 64).withUnsafeBytes {
          unsafe state.update(bufferPointer: $0)
        }
        unsafe state.finalize().withUnsafeBytes { unsafe upper.append(contentsOf: $0) }
      }
    }
  }
}
