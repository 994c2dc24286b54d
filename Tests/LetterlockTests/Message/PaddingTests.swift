import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: padding")
struct PaddingTests {
  @Test(arguments: [
    (0, 256), (1, 256), (200, 256), (256, 256), (257, 272), (272, 272), (273, 288), (511, 512),
    (512, 512), (513, 544), (1_000, 1_024), (1_024, 1_024), (1_025, 1_088), (9_000, 9_216),
    (65_536, 65_536), (65_537, 67_584), (1_000_000, 1_015_808),
  ])
  func `lengths have these padded lengths`(byteCount: Int, padded: Int) {
    #expect(Padding.paddedByteCount(byteCount) == padded)
  }

  @Test func `padding never shortens, grows with the length, costs under 12%, and is a fixed point`() {
    var last = 0
    for byteCount in Array(0..<20_000) + (0..<40).map({ 1 << $0 }).filter({ $0 >= 20_000 }) {
      let padded = Padding.paddedByteCount(byteCount)
      #expect(padded >= byteCount && padded >= last)
      #expect(Padding.paddedByteCount(padded) == padded)
      if byteCount > 256 { #expect(Double(padded) < Double(byteCount) * 1.12) }
      last = padded
    }
  }

  @Test func `few lengths remain`() {
    let lengths = Set((0...1_048_576).lazy.filter { $0.isMultiple(of: 7) }.map(Padding.paddedByteCount))
    #expect(lengths.count <= 257)
  }

  @Test func `files of any length have a padded length`() {
    #expect(Padding.attachmentByteCount(0) == 256)
    #expect(Padding.attachmentByteCount(1 << 40) == 1 << 40)
    #expect(Padding.attachmentByteCount((1 << 40) + 1) == (1 << 40) + (1 << 34))
    #expect(Padding.attachmentByteCount(.max) == UInt64.max & ~((1 << 57) - 1))
  }

  @Test func `padding is zeros after the entry`() {
    let padded = Padding.padded([1, 2, 3])
    #expect(padded == [1, 2, 3] + [UInt8](repeating: 0, count: 253))
  }
}
