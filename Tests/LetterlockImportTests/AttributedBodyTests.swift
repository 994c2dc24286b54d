#if SQLite
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import Testing

@testable import LetterlockImport

@Suite("Texts in typedstreams")
struct AttributedBodyTests {
  @Test(arguments: [0, 1, 127, 128, 255, 256, 32_767, 32_768, 70_000])
  func `texts of every length are read`(count: Int) throws {
    let text = String(repeating: "x", count: count)
    #expect(AttributedBody(ArchivedText.bytes(text))?.text.text == text)
  }

  @Test(arguments: [
    "NSString", "NSString\u{1}\u{94}\u{84}\u{1}+", "\u{86}\u{84}", "streamtyped", "iI\u{1}", "Grüße 👩‍👩‍👧",
  ])
  func `what others search for may stand in the text`(text: String) throws {
    #expect(AttributedBody(ArchivedText.bytes(text))?.text.text == text)
  }

  @Test(
    arguments: PlainArchive.frames.indices,
    ["", "Dinner at 7?", "Grüße 👩‍👩‍👧", String(repeating: "é", count: 40_000)])
  func `a plain text is the same whether its frame is compared or decoded`(frame: Int, text: String) throws {
    let bytes = ArchivedText.bytes(text, in: PlainArchive.frames[frame])
    #expect(PlainArchive.text(of: bytes) == text)
    let decoded = try #require(AttributedBody(decoding: bytes))
    #expect(decoded.text == RichText(text))
    #expect(decoded.attachmentGUIDs == [])
  }

  @Test func `no damaged frame passes for a plain one that reads otherwise`() {
    var random = Seeded(state: 2)
    for frame in PlainArchive.frames {
      let bytes = ArchivedText.bytes("Dinner at 7?", in: frame)
      for _ in 0..<5000 {
        let damaged = random.damaged(bytes)
        guard let plain = PlainArchive.text(of: damaged) else { continue }
        #expect(AttributedBody(decoding: damaged)?.text == RichText(plain))
      }
    }
  }

  @Test func `an attachment's character is not part of the text`() {
    let bytes = ArchivedText.bytes("a\u{fffc}b", in: PlainArchive.frames[0])
    #expect(PlainArchive.text(of: bytes) == nil)
    #expect(AttributedBody(bytes)?.text.text == "ab")
  }

  @Test func `a cut stream is none, wherever it is cut`() {
    let bytes = ArchivedText.bytes("Dinner at 7?")
    #expect(AttributedBody(bytes) != nil)
    // The text is complete some bytes before the stream is; what comes after it is only style.
    let end = bytes.count - 40
    for count in 0..<end { #expect(AttributedBody(Array(bytes[..<count])) == nil, "\(count) bytes") }
  }

  @Test func `a type that is named again and again yields no more than its stream is long`() {
    let header: [UInt8] = [0x04, 0x0b] + Array("streamtyped".utf8) + [0x81, 0xe8, 0x03]
    // An object whose every group is one byte: a reference to a type of values that take no bytes.
    for type in [
      String(repeating: "{}", count: 60),
      String(repeating: "{", count: 50) + String(repeating: "}", count: 50),
    ] {
      var bytes = header + [0x84, 0x01, 0x40, 0x84, 0x85, 0x84, UInt8(type.utf8.count)] + Array(type.utf8)
      bytes += [UInt8](repeating: 0x93, count: 40_000) + [0x86]
      #expect(throws: TypedstreamError.tooLong) { try Typedstream(bytes) }
    }
    let long = [UInt8](repeating: UInt8(ascii: "{"), count: 20_000)
    #expect(throws: TypedstreamError.badType) {
      try Typedstream(header + [0x84, 0x81, 0x20, 0x4e] + long)
    }
  }

  @Test func `a dictionary that many runs refer to is read once`() throws {
    // 120 KB in which 30,000 sets of attributes are one dictionary of 10,000 entries: quadratic, minutes would pass.
    let text = String(repeating: "x", count: 30_000)
    var bytes: [UInt8] = [0x04, 0x0b] + Array("streamtyped".utf8) + [0x81, 0xe8, 0x03, 0x84, 0x01, 0x40]
    bytes += [0x84, 0x84, 0x84, 18] + Array("NSAttributedString".utf8) + [0x00, 0x85]
    bytes += [0x92, 0x84, 0x84, 0x84, 8] + Array("NSString".utf8) + [0x01, 0x85]
    bytes += [0x84, 0x01, 0x2b, 0x81, 0x30, 0x75] + Array(text.utf8) + [0x86]
    bytes +=
      [0x84, 0x02, 0x69, 0x49, 1, 1, 0x92, 0x84, 0x84, 0x84, 12] + Array("NSDictionary".utf8) + [0x00, 0x85]
    let dictionary = 4
    bytes += [0x84, 0x01, 0x69, 0x00]
    for _ in 0..<10_000 { bytes += [0x92, 0x85, 0x92, 0x85] }
    bytes += [0x86]
    for number in 2...30_000 {
      bytes += [
        0x96, 0x81, UInt8(truncatingIfNeeded: number), UInt8(number >> 8), 1, 0x92, UInt8(0x92 + dictionary),
      ]
    }
    bytes += [0x86]
    let read = AttributedBody(bytes)?.text.text
    #expect(read?.utf8.count == 30_000)
  }

  @Test func `damaged streams trap nothing`() {
    var random = Seeded(state: 1)
    let bytes = ArchivedText.bytes("Dinner at 7?")
    var read = 0
    for _ in 0..<20_000 where AttributedBody(random.damaged(bytes)) != nil { read += 1 }
    #expect(read < 20_000)
  }
}
#endif
