import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("3GPP TS 23.038: alphabets of short messages")
struct GSMAlphabetTests {
  /// Section 6.2.1: each code of the default alphabet and its character's number in Unicode.
  private static let defaultTable: [UInt8: UInt32] = {
    var table: [UInt8: UInt32] = [
      0x00: 0x40, 0x01: 0xa3, 0x02: 0x24, 0x03: 0xa5, 0x04: 0xe8, 0x05: 0xe9, 0x06: 0xf9, 0x07: 0xec,
      0x08: 0xf2, 0x09: 0xc7, 0x0a: 0x0a, 0x0b: 0xd8, 0x0c: 0xf8, 0x0d: 0x0d, 0x0e: 0xc5, 0x0f: 0xe5,
      0x10: 0x394, 0x11: 0x5f, 0x12: 0x3a6, 0x13: 0x393, 0x14: 0x39b, 0x15: 0x3a9, 0x16: 0x3a0,
      0x17: 0x3a8, 0x18: 0x3a3, 0x19: 0x398, 0x1a: 0x39e, 0x1c: 0xc6, 0x1d: 0xe6, 0x1e: 0xdf, 0x1f: 0xc9,
      0x24: 0xa4, 0x40: 0xa1, 0x5b: 0xc4, 0x5c: 0xd6, 0x5d: 0xd1, 0x5e: 0xdc, 0x5f: 0xa7, 0x60: 0xbf,
      0x7b: 0xe4, 0x7c: 0xf6, 0x7d: 0xf1, 0x7e: 0xfc, 0x7f: 0xe0,
    ]
    // Everywhere else the alphabet is ASCII.
    for code in UInt8(0x20)...0x7f where table[code] == nil { table[code] = UInt32(code) }
    return table
  }()

  /// Section 6.2.1.1: the code after the escape.
  private static let extensionTable: [UInt8: UInt32] = [
    0x0a: 0x0c, 0x14: 0x5e, 0x28: 0x7b, 0x29: 0x7d, 0x2f: 0x5c, 0x3c: 0x5b, 0x3d: 0x7e, 0x3e: 0x5d,
    0x40: 0x7c, 0x65: 0x20ac,
  ]

  @Test func `every character of the tables has its septets and no other character has any`() throws {
    #expect(Self.defaultTable.count == 127)
    var expected: [UInt32: [UInt8]] = [:]
    for (code, character) in Self.defaultTable { expected[character] = [code] }
    for (code, character) in Self.extensionTable { expected[character] = [0x1b, code] }
    #expect(expected.count == 137)
    for number in UInt32(0)...0x11_0000 {
      guard let scalar = Unicode.Scalar(number) else { continue }
      if GSMAlphabet.septets(for: scalar) != expected[number] { Issue.record("U+\(number)") }
    }
  }
}

@Suite("3GPP TS 23.040: segments of short messages")
struct CarrierMessageTests {
  private func plan(_ text: String, limits: CarrierLimits = CarrierLimits()) -> CarrierPlan {
    CarrierMessage.plan(text: text, recipients: ["+15550100"], limits: limits)
  }

  private func segmentCounts(_ plan: CarrierPlan) -> [Int] {
    guard case .sms(_, let segments) = plan else { return [] }
    return segments.map(\.unicodeScalars.count)
  }

  @Test(arguments: [
    (0, [0]), (1, [1]), (160, [160]), (161, [153, 8]), (306, [153, 153]), (307, [153, 153, 1]),
    (459, [153, 153, 153]), (460, [153, 153, 153, 1]),
  ])
  func `the default alphabet gives 160 or 153 a segment`(count: Int, segments: [Int]) {
    let plan = plan(String(repeating: "é", count: count))
    #expect(segmentCounts(plan) == segments)
    #expect(plan == .sms(.gsm7, segments: segments.map { String(repeating: "é", count: $0) }))
  }

  @Test(arguments: [(1, [1]), (70, [70]), (71, [67, 4]), (134, [67, 67]), (135, [67, 67, 1])])
  func `any other character makes it 70 or 67`(count: Int, segments: [Int]) {
    let plan = plan(String(repeating: "ç", count: count))
    #expect(plan == .sms(.ucs2, segments: segments.map { String(repeating: "ç", count: $0) }))
  }

  @Test func `one foreign character changes the encoding of the whole text`() {
    #expect(segmentCounts(plan(String(repeating: "a", count: 70))) == [70])
    #expect(
      plan(String(repeating: "a", count: 69) + "ł")
        == .sms(.ucs2, segments: [String(repeating: "a", count: 69) + "ł"]))
    #expect(segmentCounts(plan(String(repeating: "a", count: 70) + "ł")) == [67, 4])
  }

  @Test func `characters of the extension table count twice`() {
    #expect(segmentCounts(plan(String(repeating: "€", count: 80))) == [80])
    #expect(segmentCounts(plan(String(repeating: "€", count: 81))) == [76, 5])
    #expect(segmentCounts(plan(String(repeating: "a", count: 159) + "[")) == [153, 7])
  }

  @Test func `an escape is never cut`() {
    let text = String(repeating: "a", count: 152) + "{" + String(repeating: "b", count: 20)
    #expect(
      plan(text)
        == .sms(
          .gsm7,
          segments: [String(repeating: "a", count: 152), "{" + String(repeating: "b", count: 20)]))
  }

  @Test func `a surrogate pair is never cut`() {
    let text = String(repeating: "ж", count: 66) + "😀" + String(repeating: "ж", count: 10)
    #expect(
      plan(text)
        == .sms(
          .ucs2,
          segments: [String(repeating: "ж", count: 66), "😀" + String(repeating: "ж", count: 10)]))
    #expect(segmentCounts(plan(String(repeating: "😀", count: 35))) == [35])
    #expect(segmentCounts(plan(String(repeating: "😀", count: 36))) == [33, 3])
  }

  @Test func `segments put together are the text`() {
    var generator = SeededGenerator(seed: 1)
    let alphabets = ["ab[€\r\né", "ab😀e\u{301}👩‍👩‍👧ж"].map { Array($0.unicodeScalars) }
    for alphabet in alphabets {
      for count in stride(from: 0, to: 600, by: 7) {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<count { scalars.append(alphabet.randomElement(using: &generator) ?? "a") }
        let text = String(scalars)
        guard case .sms(let encoding, let segments) = plan(text, limits: CarrierLimits(smsSegmentCount: 255))
        else {
          Issue.record("not a short message")
          continue
        }
        #expect(Array(segments.joined().unicodeScalars) == Array(scalars))
        if segments.count > 1, encoding == .ucs2 { #expect(segments.allSatisfy { $0.utf16.count <= 67 }) }
      }
    }
  }

  @Test func `an attachment, a second recipient or a subject makes it MMS`() {
    let one: [Address] = ["+15550100"]
    #expect(
      CarrierMessage.plan(text: "hé", attachmentByteCounts: [1_000], recipients: one)
        == .mms(byteCount: 1_003))
    #expect(CarrierMessage.plan(text: "hi", recipients: one + ["+15550101"]) == .mms(byteCount: 2))
    #expect(CarrierMessage.plan(text: "hi", recipients: one, subject: "x") == .mms(byteCount: 3))
    #expect(CarrierMessage.plan(text: "hi", recipients: one, subject: "") == .sms(.gsm7, segments: ["hi"]))
  }

  @Test func `too many segments make it MMS`() {
    let limits = CarrierLimits(smsSegmentCount: 2)
    #expect(segmentCounts(plan(String(repeating: "a", count: 306), limits: limits)) == [153, 153])
    #expect(plan(String(repeating: "a", count: 307), limits: limits) == .mms(byteCount: 307))
    let none = CarrierLimits(smsSegmentCount: .max, mmsByteCount: .max)
    #expect(segmentCounts(plan(String(repeating: "a", count: 255 * 153), limits: none)).count == 255)
    #expect(plan(String(repeating: "a", count: 255 * 153 + 1), limits: none) == .mms(byteCount: 39_016))
  }

  @Test func `what exceeds the limit of MMS is refused with both sizes`() {
    let limits = CarrierLimits(mmsByteCount: 1_000)
    let one: [Address] = ["+15550100"]
    #expect(
      CarrierMessage.plan(text: "", attachmentByteCounts: [600, 400], recipients: one, limits: limits)
        == .mms(byteCount: 1_000))
    #expect(
      CarrierMessage.plan(text: "a", attachmentByteCounts: [600, 400], recipients: one, limits: limits)
        == .tooLarge(byteCount: 1_001, limit: 1_000))
    #expect(
      CarrierMessage.plan(text: "a", attachmentByteCounts: [.max, .max], recipients: one, limits: limits)
        == .tooLarge(byteCount: .max, limit: 1_000))
  }
}
