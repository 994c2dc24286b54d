import CryptoCore
import Letterlock
import TLSCodec

/// Archive entries: what a record holds before it is sealed.
enum MessageVectors: OwnVectorKind {
  static let name = "message"
  static let about =
    "A padded archive entry, `entry` and then `zeros` zero bytes; what it shows as, or that it is refused. SPEC.md section 10, and appendix A."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    var cases: [[String: Any]] = []
    for (name, entry) in try MessageSamples.all() {
      let bytes = try entry.padded()
      cases.append(try view(of: bytes).merging(["name": name, "entry": bytes.hex, "valid": true]) { $1 })
    }
    for (name, bytes) in try MessageSamples.refused() {
      cases.append(["name": name, "entry": bytes.hex, "valid": false])
    }
    return ([:], cases + limits())
  }

  /// An entry of an unknown type with a body of zeros, as large as one may be, and one byte larger.
  private static func limits() -> [[String: Any]] {
    [("the largest entry", 0, true), ("one byte more than the largest entry", 1, false)].map {
      name, excess, isValid in
      let byteCount = ArchiveEntry.maximumByteCount + excess
      let header: [UInt8] = UInt16(900).encoded + UInt32(1 << 31 | (byteCount - 6)).encoded
      return [
        "name": name, "entry": header.hex, "zeros": Padding.paddedByteCount(byteCount) - header.count,
        "valid": isValid,
      ].merging(isValid ? ["type": "unknown(900)"] : [:]) { $1 }
    }
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let bytes = test.bytes("entry") + [UInt8](repeating: 0, count: max(0, test.number("zeros") ?? 0))
    guard test.flag("valid") == true else {
      return (try? ArchiveEntry(decodingArchiveEntry: bytes)) == nil && test.flag("valid") == false
    }
    let view = JSONCase(try view(of: bytes))
    let again = try ArchiveEntry(decodingArchiveEntry: bytes).padded()
    let keys = ["type", "protection", "text", "sender", "sent_at", "body"]
    return again == bytes && keys.allSatisfy { view.text($0) == test.text($0) }
  }

  private static func view(of bytes: [UInt8]) throws -> [String: Any] {
    switch try ArchiveEntry(decodingArchiveEntry: bytes) {
    case .message(let message): return view(of: message, type: "message")
    case .revision(let revision): return view(of: revision.message, type: "revision")
    case .sendRequest(let request): return view(of: request.message, type: "sendRequest")
    case .sendReport(let report): return ["type": "sendReport", "text": text(of: report.step)]
    case .conversation(let profile):
      return ["type": "conversation", "text": profile.name ?? ""]
    case .device(let profile): return ["type": "device", "text": profile.name]
    case .deletion(let deletion): return ["type": "deletion", "text": "\(deletion.messages.count)"]
    case .snapshot(let snapshot):
      return ["type": "snapshot", "text": "\(snapshot.name) \(snapshot.treeSize) \(snapshot.messageCount)"]
    case .unknown(let unknown): return ["type": "unknown(\(unknown.code))"]
    }
  }

  private static func view(of message: Message, type: String) -> [String: Any] {
    [
      "type": type, "protection": "\(message.protection)", "text": message.text,
      "sender": sender(of: message), "sent_at": "\(message.sentAt.nanosecondsSince1970)",
      "body": body(of: message),
    ]
  }

  private static func text(of step: SendReport.Step) -> String {
    switch step {
    case .claimed: "1"
    case .sent: "2"
    case .failed(_, let reason): "3 \(reason)"
    case .outcomeUnknown: "4"
    case .cancelled: "5"
    case .expired: "6"
    case .askerRemoved: "7"
    case .unknown(let code): "\(code)"
    }
  }

  private static func sender(of message: Message) -> String {
    switch message.sender {
    case .me: ""
    case .other(let address): address.rawValue
    }
  }

  static func body(of message: Message) -> String {
    switch message.body {
    case .text: "text"
    case .reaction: "reaction"
    case .edit: "edit"
    case .retraction: "retraction"
    case .sticker: "sticker"
    case .groupEvent: "groupEvent"
    case .app: "app"
    case .unknown(let unknown): "unknown(\(unknown.code))"
    }
  }
}
