#if SQLite
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

  @Test func `a cut stream is none, wherever it is cut`() {
    let bytes = ArchivedText.bytes("Dinner at 7?")
    #expect(AttributedBody(bytes) != nil)
    // The text is complete some bytes before the stream is; what comes after it is only style.
    let end = bytes.count - 40
    for count in 0..<end { #expect(AttributedBody(Array(bytes[..<count])) == nil, "\(count) bytes") }
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
