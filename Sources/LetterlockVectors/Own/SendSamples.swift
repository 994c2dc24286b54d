import Letterlock
import TLSCodec

/// Send requests and send reports, and bytes that are neither.
enum SendSamples {
  private typealias Fields = [(UInt16, [UInt8])]

  private static let time = Timestamp(nanosecondsSince1970: 1_700_000_000_000_000_001)
  private static let id = Array(VectorSeed.bytes("message")[..<16])
  private static let phone = VectorSeed.bytes("phone")

  static func all() throws -> [(String, ArchiveEntry)] {
    let chat = try ConversationID(bytes: Array(VectorSeed.bytes("c")[..<16]))
    let claim = Bytes16(high: 3, low: 4)
    func report(_ step: SendReport.Step) throws -> ArchiveEntry {
      .sendReport(SendReport(step, of: try MessageID(bytes: id), in: chat, at: time))
    }
    func request(_ carrier: Carrier, to recipients: [Address], segments: [String]) throws -> ArchiveEntry {
      let message = Message(
        id: try MessageID(bytes: id), conversation: chat, sender: .me, sentAt: time,
        carriage: .carrier(carrier), body: .text("Dinner at 7?"),
        subject: carrier == .mms ? "Tonight" : nil, recipients: recipients)
      let content = SendRequestContent(
        message, device: DeviceID(unchecked: phone), expiresAt: time, segments: segments)
      guard let content else { throw TLSError.invalidValue }
      return .sendRequest(content)
    }
    return [
      (
        "a request to send a short message",
        try request(.sms, to: ["+15550100"], segments: ["Dinner ", "at 7?"])
      ),
      (
        "a request to send a multimedia message",
        try request(.mms, to: ["+15550100", "+15550101"], segments: [])
      ),
      ("a send report: claimed", try report(.claimed(claim))),
      ("a send report: sent", try report(.sent(claim))),
      ("a send report: failed", try report(.failed(claim, reason: "no signal"))),
      ("a send report: outcome unknown", try report(.outcomeUnknown(claim))),
      ("a send report: cancelled", try report(.cancelled)),
      ("a send report: expired", try report(.expired)),
      ("a send report: asker removed", try report(.askerRemoved)),
      ("a send report of a newer version", try report(.unknown(77))),
    ]
  }

  /// A request of raw fields: those of its message, and its own.
  private static func request(_ message: Fields, _ others: Fields) -> [UInt8] {
    MessageSamples.entry([(1, MessageSamples.encoded(message))] + others, type: 7)
  }

  static func refused() -> [(String, [UInt8])] {
    let (eight, text): ([UInt8], [UInt8]) = ([0, 0, 0, 0, 0, 0, 0, 1], [0, 1, 1, 0x61])
    let recipient: [UInt8] = [2, 0x2b, 0x31]
    let good: Fields = [(1, id), (4, eight), (6, [17]), (8, text), (15, recipient)]
    let own: Fields = [(2, phone), (3, eight), (4, [1, 0x61])]
    func with(_ changes: Fields, _ own: Fields) -> [UInt8] {
      let kept = good.filter { field in !changes.contains { $0.0 == field.0 } }
      return request((kept + changes).sorted { $0.0 < $1.0 }, own)
    }
    let plain = Array(own[..<2])
    let many = plain + [(4, [1, 0x61] + [UInt8](repeating: 0, count: 255))]
    return [
      ("a request without a message", MessageSamples.entry(own, type: 7)),
      ("a request without a device", request(good, Array(own[1...]))),
      ("a request without an end", request(good, [own[0], own[2]])),
      ("a request to half a device", request(good, [(2, Array(phone[..<16])), own[1], own[2]])),
      ("a request for what is end-to-end encrypted", with([(6, [1]), (7, [0x78])], plain)),
      ("a request for a note", with([(6, [0])], plain)),
      ("a request for RCS", with([(6, [19])], plain)),
      ("a request without recipients", request(Array(good.dropLast()), own)),
      ("a request in another's name", with([(3, [0x61])], own)),
      ("a request that is a reaction", with([(8, [0, 2] + id + [0, 0, 0, 0, 0, 0, 1])], own)),
      ("a request with an origin", with([(16, [0, 0, 0])], own)),
      ("a request with a delivery", with([(17, [1])], own)),
      ("a short message without segments", with([], plain)),
      ("an empty list of segments", with([], plain + [(4, [])])),
      ("segments of another text", with([], plain + [(4, [1, 0x62])])),
      ("a short message to two", with([(15, recipient + recipient)], own)),
      ("a short message with a subject", with([(12, [0x61])], own)),
      ("256 segments", with([], many)),
      ("a multimedia message with segments", with([(6, [18])], own)),
    ] + refusedReports(eight)
  }

  private static func refusedReports(_ time: [UInt8]) -> [(String, [UInt8])] {
    func report(_ fields: Fields) -> [UInt8] {
      MessageSamples.entry([(1, id), (2, id)] + fields, type: 8)
    }
    return [
      ("a send report without a step", report([(4, time)])),
      ("a send report without a time", report([(3, [5])])),
      ("a claim that names none", report([(3, [1]), (4, time)])),
      ("a claim of 15 bytes", report([(3, [1]), (4, time), (5, Array(id[..<15]))])),
      ("a claim with a reason", report([(3, [1]), (4, time), (5, id), (6, [0x61])])),
      ("a failure without a reason", report([(3, [3]), (4, time), (5, id)])),
      ("a cancellation with a claim", report([(3, [5]), (4, time), (5, id)])),
    ]
  }
}
