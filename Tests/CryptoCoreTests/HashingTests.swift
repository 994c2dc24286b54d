import Testing

@testable import CryptoCore

@Suite("FIPS 180-4: SHA-2")
struct HashingTests {
  /// The examples for "abc" and for nothing, from NIST's "Examples with Intermediate Values".
  @Test(arguments: [
    (
      HashFunctionName.sha256, "abc",
      "ba7816bf8f01cfea414140de5dae2223 b00361a396177a9cb410ff61f20015ad"
    ),
    (
      .sha384, "abc",
      "cb00753f45a35e8bb5a03d699ac65007 272c32ab0eded1631a8b605a43ff5bed 8086072ba1e7cc2358baeca134c825a7"
    ),
    (
      .sha512, "abc",
      """
      ddaf35a193617abacc417349ae204131 12e6fa4e89a97ea20a9eeee64b55d39a
      2192992a274fc1a836ba3c23a3feebbd 454d4423643ce80e2a9ac94fa54ca49f
      """
    ),
    (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb924 27ae41e4649b934ca495991b7852b855"),
  ])
  func `a published digest is the one made`(hash: HashFunctionName, message: String, digest: String) {
    #expect(hash.hash(Array(message.utf8)) == [UInt8](hex: digest))
    #expect(hash.hash([]).count == hash.digestByteCount)
  }

  @Test func `a message in parts has the digest of the whole, however it is cut`() {
    let message = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    let whole = SHA256Hash.hash(message)
    #expect(whole == HashFunctionName.sha256.hash(message))
    for cut in [0, 1, 55, 56, 63, 64, 65, 128, 299, 300] {
      var hasher = SHA256Hash.Hasher()
      hasher.update(Array(message[..<cut]))
      Array(message[cut...]).withRawSpan { hasher.update($0) }
      #expect(hasher.finalize() == whole)
    }
  }

  @Test func `a digest written in place touches nothing beside it`() {
    var output = [UInt8](repeating: 0xaa, count: 40)
    output.withMutableRawSpan { output in
      var hasher = SHA256Hash.Hasher()
      hasher.update([1])
      hasher.finalize(into: &output, at: 4)
    }
    let beside = [UInt8](repeating: 0xaa, count: 4)
    #expect(output == beside + SHA256Hash.hash([1]) + beside)
  }

  @Test func `a copy of a hasher goes its own way`() {
    var first = SHA256Hash.Hasher()
    first.update([1])
    var second = first
    second.update([2])
    #expect(first.finalize() == SHA256Hash.hash([1]) && second.finalize() == SHA256Hash.hash([1, 2]))
  }
}
