internal import CSodium

/// Randomness from the system, through libsodium.
public enum SecureRandom {
  /// `count` random bytes.
  public static func bytes(_ count: Int) -> [UInt8] {
    _ = Sodium.isReady
    return withNewBytes(max(0, count)) { fill(&$0) }
  }

  /// Fills a span with random bytes.
  public static func fill(_ span: inout MutableRawSpan) {
    _ = Sodium.isReady
    // The span says its own size.
    unsafe span.withUnsafeMutableBytes { buffer in
      unsafe randombytes_buf(buffer.byteAddress, buffer.count)
    }
  }

  /// 32 random bits.
  public static func number() -> UInt32 {
    _ = Sodium.isReady
    return randombytes_random()
  }

  /// A number from 0 to `bound` - 1, each as likely as any other; 0 if `bound` is 0 or 1.
  public static func uniform(below bound: UInt32) -> UInt32 {
    _ = Sodium.isReady
    return randombytes_uniform(bound)
  }
}

/// Whether two arrays are the same, in constant time for equal sizes.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  // Both arrays are as long as their equal counts say.
  return unsafe sodium_memcmp(left, right, left.count) == 0
}
