import Testing

@testable import CryptoCore

@Suite("Randomness")
struct SecureRandomTests {
  @Test func `there are as many bytes as asked for, and none for less than one`() {
    for count in [0, 1, 16, 24, 32, 65_537] { #expect(SecureRandom.bytes(count).count == count) }
    #expect(SecureRandom.bytes(-1).isEmpty && SecureRandom.bytes(.min).isEmpty)
  }

  @Test func `two draws differ`() {
    #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
  }

  /// Sixteen zeros are no chance: 2^-118 for all of them.
  @Test func `the whole span is filled`() {
    for _ in 0..<4 {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      bytes.withMutableRawSpan { SecureRandom.fill(&$0) }
      for start in stride(from: 0, to: bytes.count, by: 16) {
        #expect(!bytes[start..<start + 16].allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func `a bounded number stays below its bound and reaches every value`() {
    #expect(SecureRandom.uniform(below: 0) == 0 && SecureRandom.uniform(below: 1) == 0)
    var seen: Set<UInt32> = []
    for _ in 0..<1_000 { seen.insert(SecureRandom.uniform(below: 5)) }
    #expect(seen == [0, 1, 2, 3, 4])
  }
}
