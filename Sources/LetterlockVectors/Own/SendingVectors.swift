import Letterlock
import TLSCodec

/// A request to send, and what became of it.
enum SendingVectors: OwnVectorKind {
  static let name = "sending"
  static let about =
    "A send request and what came after it in the tree's order, and what its state is. SPEC.md section 10.13, and appendix A."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let cases = try SendingSamples().all().map { name, steps in
      let entries = try steps.map { try $0.entry.padded() }
      let authors = steps.map(\.author)
      return try view(of: entries, by: authors).merging([
        "name": name, "entries": entries.map(\.hex), "authors": authors.map(\.bytes.hex),
      ]) { $1 }
    }
    return ([:], cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let authors = test.texts("authors").compactMap(Hex.decode).map { DeviceID(unchecked: $0) }
    let view = JSONCase(try view(of: test.texts("entries").compactMap(Hex.decode), by: authors))
    let keys = ["state", "reason", "protection"]
    return keys.allSatisfy { view.text($0) == test.text($0) }
      && view.texts("segments") == test.texts("segments")
  }

  private static func view(of entries: [[UInt8]], by authors: [DeviceID]) throws -> [String: Any] {
    let decoded = try entries.map { try ArchiveEntry(decodingArchiveEntry: $0) }
    guard authors.count == decoded.count, let asker = authors.first,
      case .sendRequest(let content)? = decoded.first
    else { throw TLSError.invalidValue }
    let (id, conversation) = (content.message.id, content.message.conversation)
    var progress = SendProgress(content, by: asker)
    for (entry, author) in zip(decoded, authors).dropFirst() {
      switch entry {
      case .sendReport(let report) where report.message == id && report.conversation == conversation:
        progress.take(report.step, by: author)
      case .deletion(let deletion)
      where [.deleted, .erased].contains(deletion.action) && deletion.conversation == conversation:
        if deletion.messages.isEmpty || deletion.messages.contains(id) { progress.cancel() }
      default: break
      }
    }
    let (state, reason) = text(of: progress.state)
    return [
      "state": state, "reason": reason, "segments": content.segments,
      "protection": "\(content.message.protection)",
    ]
  }

  private static func text(of state: SendState) -> (state: String, reason: String) {
    if case .failed(let reason) = state { return ("failed", reason) }
    return ("\(state)", "")
  }
}

/// What happens to requests.
private struct SendingSamples {
  struct Step {
    let entry: ArchiveEntry
    let author: DeviceID
  }

  private let asker = DeviceID(unchecked: VectorSeed.bytes("asker"))
  private let phone = DeviceID(unchecked: VectorSeed.bytes("phone"))
  private let other = DeviceID(unchecked: VectorSeed.bytes("other phone"))
  private let chat: ConversationID
  private let id: MessageID
  private let time = Timestamp(nanosecondsSince1970: 1_700_000_000_000_000_000)
  private let first = Bytes16(high: 1, low: 1)
  private let second = Bytes16(high: 2, low: 2)

  init() throws {
    chat = try ConversationID(bytes: Array(VectorSeed.bytes("c")[..<16]))
    id = try MessageID(bytes: Array(VectorSeed.bytes("message")[..<16]))
  }

  private func request(
    _ text: String = "Dinner at 7?", to recipients: [Address] = ["+15550100"], through device: DeviceID? = nil
  ) throws -> Step {
    let plan = CarrierMessage.plan(text: text, recipients: recipients)
    var (carrier, segments) = (Carrier.mms, [String]())
    if case .sms(_, let parts) = plan { (carrier, segments) = (.sms, parts) }
    let message = Message(
      id: id, conversation: chat, sender: .me, sentAt: time, carriage: .carrier(carrier),
      body: .text(RichText(text)), recipients: recipients)
    let content = SendRequestContent(
      message, device: device ?? phone, expiresAt: time, segments: segments)
    guard let content else { throw TLSError.invalidValue }
    return Step(entry: .sendRequest(content), author: asker)
  }

  private func report(
    _ step: SendReport.Step, by author: DeviceID? = nil, of message: MessageID? = nil,
    in conversation: ConversationID? = nil
  ) -> Step {
    let report = SendReport(step, of: message ?? id, in: conversation ?? chat, at: time)
    return Step(entry: .sendReport(report), author: author ?? phone)
  }

  private func deletion(_ action: Deletion.Action, _ messages: [MessageID]) -> Step {
    let deletion = Deletion(action, at: time, conversation: chat, messages: messages)
    return Step(entry: .deletion(deletion), author: asker)
  }

  func all() throws -> [(String, [Step])] {
    let asked = try request()
    let all = try plans() + outcomes() + ends() + strangers()
    return all.map { name, steps in
      if case .sendRequest? = steps.first?.entry { return (name, steps) }
      return (name, [asked] + steps)
    }
  }

  private func plans() throws -> [(String, [Step])] {
    [
      ("nobody has begun", []),
      ("two segments", [try request(String(repeating: "tide ", count: 40))]),
      ("segments of 16 bits", [try request(String(repeating: "Fähre 🛳️ ", count: 12))]),
      ("an empty text", [try request("")]),
      ("a group, by MMS", [try request(to: ["+15550100", "+15550101"])]),
    ]
  }

  private func outcomes() -> [(String, [Step])] {
    [
      ("claimed", [report(.claimed(first))]),
      ("sent", [report(.claimed(first)), report(.sent(first))]),
      ("failed", [report(.claimed(first)), report(.failed(first, reason: "no signal"))]),
      ("perhaps sent", [report(.claimed(first)), report(.outcomeUnknown(first))]),
      (
        "perhaps sent, then known",
        [report(.claimed(first)), report(.outcomeUnknown(first)), report(.sent(first))]
      ),
      (
        "sent, then said to have failed",
        [report(.claimed(first)), report(.sent(first)), report(.failed(first, reason: "late"))]
      ),
      ("claimed twice", [report(.claimed(first)), report(.claimed(second)), report(.sent(second))]),
      ("sent without a claim", [report(.sent(first))]),
      ("a step of a newer version", [report(.unknown(77))]),
    ]
  }

  private func ends() -> [(String, [Step])] {
    [
      ("cancelled", [report(.cancelled, by: asker)]),
      ("cancelled by another device", [report(.cancelled, by: other)]),
      ("claimed after a cancellation", [report(.cancelled, by: asker), report(.claimed(first))]),
      ("cancelled too late", [report(.claimed(first)), report(.cancelled, by: asker)]),
      ("expired", [report(.expired)]),
      ("expired, and claimed", [report(.expired), report(.claimed(first))]),
      ("the asker was removed", [report(.askerRemoved)]),
      ("deleted", [deletion(.deleted, [id])]),
      ("deleted with its conversation", [deletion(.deleted, [])]),
      ("deleted and recovered", [deletion(.deleted, [id]), deletion(.recovered, [id])]),
      ("deleted too late", [report(.claimed(first)), deletion(.deleted, [id])]),
    ]
  }

  private func strangers() throws -> [(String, [Step])] {
    let stranger = try MessageID(bytes: Array(VectorSeed.bytes("another message")[..<16]))
    let elsewhere = try ConversationID(bytes: Array(VectorSeed.bytes("other conversation")[..<16]))
    return [
      ("a claim by another device", [report(.claimed(first), by: other)]),
      ("sent by another device", [report(.claimed(first)), report(.sent(first), by: other)]),
      ("expired by another device", [report(.expired, by: other)]),
      ("a claim of another message", [report(.claimed(first), of: stranger)]),
      ("a claim in another conversation", [report(.claimed(first), in: elsewhere)]),
      (
        "asked again, of another device",
        [try request(), try request(through: other), report(.claimed(first), by: other)]
      ),
    ]
  }
}
