import Testing

@testable import TLSCodec

private struct Sample: WireCodable, Equatable {
  var version: UInt8
  var name: Opaque
  var numbers: [UInt32]
  var extra: UInt64?
  static let wire = WireFormat(
    Self.init, field(\.version), field(\.name), field(\.numbers), field(\.extra))
}

@Suite("RFC 9420 section 2.1: the presentation language")
struct TLSCodecTests {
  private let sample = Sample(version: 1, name: Opaque([7, 8]), numbers: [1, 0x01020304], extra: 5)

  @Test func `a structure is encoded field by field in its declared order`() {
    #expect(
      sample.encoded == [1, 2, 7, 8, 8, 0, 0, 0, 1, 1, 2, 3, 4, 1, 0, 0, 0, 0, 0, 0, 0, 5])
  }

  @Test func `what was encoded decodes to the same value`() throws {
    #expect(try Sample(decoding: sample.encoded) == sample)
  }

  @Test func `a vector that is written where it stays is the one that is written from a copy`() {
    for byteCount in [0, 1, 63, 64, 65, 16_383, 16_384, 70_000] {
      let content = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) }
      var inPlace = TLSWriter()
      inPlace.write(UInt8(9))
      inPlace.writeVector { outer in
        outer.writeVector { $0.write(fixed: content) }
        outer.write(UInt8(8))
      }
      var inner = TLSWriter()
      inner.write(opaque: content)
      inner.write(UInt8(8))
      var copied = TLSWriter()
      copied.write(UInt8(9))
      copied.write(opaque: inner.bytes)
      #expect(inPlace.bytes == copied.bytes)
    }
  }

  @Test func `a length that has no form is written as one that every reader refuses`() {
    for length in [1 << 30, 1 << 32, Int.max] {
      var writer = TLSWriter()
      writer.write(length: length)
      #expect(throws: TLSError.self) {
        var reader = TLSReader(writer.bytes + [0, 0, 0, 0])
        return try reader.readOpaque()
      }
    }
    var writer = TLSWriter()
    writer.write(length: (1 << 30) - 1)
    #expect(writer.bytes == [0xbf, 0xff, 0xff, 0xff])
  }

  @Test func `every truncation is refused`() {
    let bytes = sample.encoded
    for count in 0..<bytes.count {
      #expect(throws: TLSError.self) { try Sample(decoding: Array(bytes[..<count])) }
    }
  }

  @Test func `bytes left over are refused`() {
    #expect(throws: TLSError.trailingBytes) { try Sample(decoding: sample.encoded + [0]) }
  }

  @Test(arguments: [(0, 1), (63, 1), (64, 2), (16383, 2), (16384, 4)])
  func `a length takes its shortest form`(length: Int, byteCount: Int) throws {
    var writer = TLSWriter()
    writer.write(length: length)
    #expect(writer.bytes.count == byteCount)
    var reader = TLSReader(writer.bytes + [UInt8](repeating: 0, count: length))
    #expect(try reader.readLength() == length)
  }

  // The invalid headers follow from RFC 9420 section 2.1.2.
  @Test(arguments: [[0x40, 0x3f], [0x80, 0, 0x3f, 0xff], [0x80, 0, 0, 1], [0xc0, 0, 0, 0, 0, 0, 0, 0]])
  func `a length that is not minimal is refused`(header: [UInt8]) {
    var reader = TLSReader(header + [UInt8](repeating: 0, count: 20_000))
    #expect(throws: TLSError.nonMinimalLength) { try reader.readLength() }
  }

  @Test func `a length past the end is refused before anything is allocated`() {
    var reader = TLSReader([0xbf, 0xff, 0xff, 0xff, 1, 2, 3])
    #expect(throws: TLSError.truncated) { try reader.readOpaque() }
  }

  @Test func `a presence byte is zero or one`() {
    #expect(throws: TLSError.unknownValue) { try UInt8?(decoding: [2, 0]) }
  }

  @Test func `hexadecimal survives both directions and refuses other text`() {
    #expect(Hex.encode([0, 0x9f, 0xff]) == "009fff")
    #expect(Hex.decode("009fFF") == [0, 0x9f, 0xff])
    #expect(Hex.decode("0") == nil)
    #expect(Hex.decode("0g") == nil)
  }
}
