import Testing

@testable import CryptoCore

private let chunk = ChunkedEncryption.chunkByteCount
private let sealedChunk = ChunkedEncryption.sealedChunkByteCount
private let header = ChunkedEncryption.headerByteCount
private let suites = [ChunkedEncryption.Suite.cobblestone128, .cobblestone256]
private let context = Array("context".utf8)

/// A message sealed under a key of its suite's size.
private struct SealedFile {
  let suite: ChunkedEncryption.Suite
  let key: SecretKey
  let message: [UInt8]
  let sealed: [UInt8]

  init(_ suite: ChunkedEncryption.Suite, byteCount: Int) throws {
    self.suite = suite
    key = SecretKey(copying: (0..<suite.keyByteCount).map { UInt8($0) })
    message = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    sealed = try ChunkedEncryption.seal(message, suite: suite, key: key, context: context)
  }

  func open(_ changed: [UInt8]? = nil, key: SecretKey? = nil, context other: [UInt8] = context) throws
    -> [UInt8]
  {
    try ChunkedEncryption.open(changed ?? sealed, suite: suite, key: key ?? self.key, context: other)
  }

  func expectRefusal(_ changed: [UInt8]) {
    #expect(throws: ChunkedEncryptionError.authenticationFailed) { try open(changed) }
  }

  /// The sealed chunk with this number.
  func chunk(_ number: Int) -> [UInt8] { Array(sealed[range(ofChunk: number)]) }

  func range(ofChunk number: Int) -> Range<Int> {
    let start = header + number * sealedChunk
    return start..<min(start + sealedChunk, sealed.count)
  }
}

@Suite("C2SP chunked encryption: whole messages")
struct ChunkedEncryptionTests {
  @Test(arguments: suites, [0, 1, 16_383, 16_384, 16_385, 32_768, 3 * 16_384, 3 * 16_384 + 7])
  func `every length round trips, and its sealed length says it`(
    suite: ChunkedEncryption.Suite, byteCount: Int
  ) throws {
    let file = try SealedFile(suite, byteCount: byteCount)
    #expect(try file.open() == file.message)
    #expect(ChunkedEncryption.sealedByteCount(of: UInt64(byteCount)) == UInt64(file.sealed.count))
    #expect(ChunkedEncryption.byteCount(ofSealed: UInt64(file.sealed.count)) == UInt64(byteCount))
  }

  @Test func `a length that no message seals to is none`() {
    for count in [0, 1, header, header + 15, header + sealedChunk, header + sealedChunk + 15] {
      #expect(ChunkedEncryption.byteCount(ofSealed: UInt64(count)) == nil)
    }
    #expect(ChunkedEncryption.byteCount(ofSealed: .max) == nil)
  }

  @Test(arguments: suites)
  func `the same message seals to another ciphertext each time`(suite: ChunkedEncryption.Suite) throws {
    let (first, second) = (try SealedFile(suite, byteCount: 10), try SealedFile(suite, byteCount: 10))
    #expect(first.sealed[..<24] != second.sealed[..<24] && first.chunk(0) != second.chunk(0))
  }

  /// Step by step: HKDF-Expand with SHA-512, then AES-GCM under the base nonce XOR the chunk's number.
  @Test(arguments: suites)
  func `the format is as the specification writes it down`(suite: ChunkedEncryption.Suite) throws {
    let file = try SealedFile(suite, byteCount: chunk + 5)
    let name = suite == .cobblestone128 ? "AEAD_AES_128_GCM" : "AEAD_AES_256_GCM"
    let info = Array("c2sp.org/chunked-encryption@v1+\(name)\0".utf8) + file.sealed[..<24] + context
    let size = suite.keyByteCount
    let material = try HKDF.expandBytes(file.key, info: info, byteCount: size + 44, hash: .sha512)
    #expect(file.sealed[24..<header] == material[(size + 12)...])
    let key = SecretKey(copying: Array(material[..<size]))
    var opened: [UInt8] = []
    for number in 0..<2 {
      var nonce = Array(material[size..<size + 12])
      nonce[11] ^= UInt8(number)
      let sealed = file.chunk(number)
      opened +=
        suite == .cobblestone128
        ? try AES128GCM.open(sealed, using: key, nonce: nonce, authenticating: [])
        : try AES256GCM.open(sealed, using: key, nonce: nonce, authenticating: [])
    }
    #expect(opened == file.message)
  }
}

@Suite("C2SP chunked encryption: what must not open")
struct ChunkedEncryptionMisuseTests {
  @Test(arguments: suites)
  func `another key or context is refused, and a key of another size`(
    suite: ChunkedEncryption.Suite
  ) throws {
    let file = try SealedFile(suite, byteCount: 100)
    for bit in [0, suite.keyByteCount * 8 - 1] {
      let other = SecretKey(copying: file.key.exportRawBytes().flippingBit(bit))
      #expect(throws: ChunkedEncryptionError.authenticationFailed) { try file.open(key: other) }
    }
    for other in [[], context + [0], Array("Context".utf8)] {
      #expect(throws: ChunkedEncryptionError.authenticationFailed) { try file.open(context: other) }
    }
    for count in [0, 15, 17, 31, 33, 48 - suite.keyByteCount] {
      let other = SecretKey(random: count)
      #expect(throws: ChunkedEncryptionError.invalidKeySize) { try file.open(key: other) }
      #expect(throws: ChunkedEncryptionError.invalidKeySize) {
        try ChunkedEncryption.seal([], suite: suite, key: other, context: context)
      }
    }
  }

  /// The salt decides the key and the commitment follows from it, so the opener refuses before any chunk.
  @Test(arguments: suites)
  func `every inverted bit of the header is refused`(suite: ChunkedEncryption.Suite) throws {
    let file = try SealedFile(suite, byteCount: 100)
    for bit in 0..<header * 8 {
      let other = Array(file.sealed[..<header]).flippingBit(bit)
      #expect(throws: ChunkedEncryptionError.authenticationFailed) {
        try ChunkedEncryption.Opener(suite: suite, key: file.key, context: context, header: other)
      }
    }
    for other in [[], Array(file.sealed[..<(header - 1)]), Array(file.sealed[...header])] {
      #expect(throws: ChunkedEncryptionError.authenticationFailed) {
        try ChunkedEncryption.Opener(suite: suite, key: file.key, context: context, header: other)
      }
    }
  }

  @Test(arguments: suites)
  func `an inverted bit in any chunk or tag is refused`(suite: ChunkedEncryption.Suite) throws {
    let file = try SealedFile(suite, byteCount: 2 * chunk + 9)
    for number in 0..<3 {
      let range = file.range(ofChunk: number)
      for byte in [range.lowerBound, range.upperBound - 17, range.upperBound - 16, range.upperBound - 1] {
        file.expectRefusal(file.sealed.flippingBit(byte * 8 + 3))
      }
    }
  }

  /// Without its last chunk a message would end on a whole one, which no message does.
  @Test(arguments: suites, [0, 9])
  func `a message cut at any chunk's boundary, or beside it, is refused`(
    suite: ChunkedEncryption.Suite, more: Int
  ) throws {
    let file = try SealedFile(suite, byteCount: 3 * chunk + more)
    for number in 0...3 {
      for offset in [-17, -16, -1, 0, 1, 15, 16, 17] {
        let end = header + number * sealedChunk + offset
        guard end < file.sealed.count else { continue }
        file.expectRefusal(Array(file.sealed[..<end]))
      }
    }
    file.expectRefusal([])
    file.expectRefusal(file.sealed + [0])
    file.expectRefusal(file.sealed + file.chunk(3))
  }

  @Test(arguments: suites)
  func `chunks in another order, twice or missing are refused`(suite: ChunkedEncryption.Suite) throws {
    let file = try SealedFile(suite, byteCount: 3 * chunk + 9)
    for order in [[1, 0, 2, 3], [0, 2, 1, 3], [0, 0, 2, 3], [0, 2, 3], [1, 2, 3], [0, 1, 2, 2, 3]] {
      let body = order.flatMap { file.chunk($0) }
      file.expectRefusal(file.sealed[..<header] + body)
    }
  }

  @Test(arguments: suites)
  func `a chunk of another message under the same key is refused`(
    suite: ChunkedEncryption.Suite
  ) throws {
    let (file, other) = (
      try SealedFile(suite, byteCount: chunk + 9), try SealedFile(suite, byteCount: chunk + 9)
    )
    try #require(file.message == other.message)
    file.expectRefusal(file.sealed[..<header] + other.chunk(0) + file.chunk(1))
    file.expectRefusal(file.sealed[..<header] + file.chunk(0) + other.chunk(1))
  }

  @Test func `the other suite does not open a message, with the same bytes of key`() throws {
    let file = try SealedFile(.cobblestone256, byteCount: 9)
    #expect(throws: ChunkedEncryptionError.invalidKeySize) {
      try ChunkedEncryption.open(file.sealed, suite: .cobblestone128, key: file.key, context: context)
    }
    #expect(throws: ChunkedEncryptionError.authenticationFailed) {
      try ChunkedEncryption.open(
        file.sealed, suite: .cobblestone128, key: file.key.slice(0..<16), context: context)
    }
  }
}

@Suite("C2SP chunked encryption: chunk by chunk")
struct ChunkedEncryptionChunkTests {
  @Test(arguments: suites)
  func `chunks open in any order under their own numbers alone`(suite: ChunkedEncryption.Suite) throws {
    let file = try SealedFile(suite, byteCount: 2 * chunk + 9)
    let opener = try ChunkedEncryption.Opener(
      suite: suite, key: file.key, context: context, header: Array(file.sealed[..<header]))
    for number in [2, 0, 1] {
      let sealed = file.chunk(number)
      let start = number * chunk
      #expect(
        try opener.open(sealed, number: UInt64(number))
          == Array(file.message[start..<min(start + chunk, file.message.count)]))
      for other in [UInt64(number) + 1, 1 << 8, 1 << 32, 1 << 37] {
        #expect(throws: ChunkedEncryptionError.authenticationFailed) {
          try opener.open(sealed, number: other)
        }
      }
      #expect(throws: ChunkedEncryptionError.messageTooLong) { try opener.open(sealed, number: 1 << 38) }
      #expect(throws: ChunkedEncryptionError.messageTooLong) { try opener.open(sealed, number: .max) }
    }
    for count in [0, 15, sealedChunk + 1] {
      #expect(throws: ChunkedEncryptionError.invalidChunkSize) {
        try opener.open([UInt8](repeating: 0, count: count), number: 0)
      }
    }
  }

  @Test func `a chunk that does not open leaves nothing in the caller's buffer`() throws {
    let file = try SealedFile(.cobblestone256, byteCount: 64)
    let opener = try ChunkedEncryption.Opener(
      suite: .cobblestone256, key: file.key, context: context, header: Array(file.sealed[..<header]))
    var output = [UInt8](repeating: 0xaa, count: 64)
    #expect(throws: ChunkedEncryptionError.authenticationFailed) {
      try output.withMutableRawSpan { output in
        try file.chunk(0).flippingBit(8 * 79).withRawSpan {
          try opener.open($0, number: 0, into: &output)
        }
      }
    }
    #expect(output.allSatisfy { $0 == 0xaa || $0 == 0 })
  }

  @Test func `only the last chunk is short, and only it`() throws {
    let key = SecretKey(random: 32)
    for count in [0, 1, chunk - 1, chunk + 1] {
      var sealer = try ChunkedEncryption.Sealer(suite: .cobblestone256, key: key, context: [])
      let bytes = [UInt8](repeating: 1, count: count)
      #expect(throws: ChunkedEncryptionError.invalidChunkSize) { try sealer.seal(bytes, 0..<count) }
    }
    for count in [chunk, chunk + 1] {
      #expect(throws: ChunkedEncryptionError.invalidChunkSize) {
        let sealer = try ChunkedEncryption.Sealer(suite: .cobblestone256, key: key, context: [])
        _ = try sealer.finish([UInt8](repeating: 1, count: count), 0..<count)
      }
    }
  }
}
