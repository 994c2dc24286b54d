#if Tool
import Letterlock

/// What a restore brought, for people and programs.
struct RestoreSummary: Encodable {
  struct Failure: Encodable {
    var record: UInt64?
    var reason: String
  }

  var expected: UInt64
  var opened: UInt64
  var erased: UInt64
  var missing: [UInt64]
  var undecryptable: [Failure]
  var attachments: Int
  var missingAttachments: [String]
  var differs: Bool
  var waiting: WaitingContent
  var complete: Bool

  init(_ report: RestoreReport, waiting: WaitingContent = WaitingContent()) {
    self.waiting = waiting
    expected = report.expected
    opened = report.opened
    erased = report.erased
    missing = report.missing
    undecryptable = report.undecryptable.map { Failure(record: $0.leaf, reason: "\($0.reason)") }
    attachments = report.attachments
    missingAttachments = report.missingAttachments.map(\.description)
    differs = report.differs
    complete = report.isComplete && waiting.sentence == nil
  }

  var lines: [String] {
    var lines = [
      "\(expected) records expected, \(opened) opened, \(erased) erased, \(missing.count) missing, \(undecryptable.count) "
        + "undecryptable; \(attachments) attachments, \(missingAttachments.count) missing."
    ]
    lines += missing.map { "MISSING record \($0): the relay does not have it" }
    lines += undecryptable.map { "UNDECRYPTABLE record \($0.record ?? 0): \($0.reason)" }
    lines += missingAttachments.map { "MISSING attachment \($0)" }
    if let sentence = waiting.sentence { lines.append("WAITING: \(sentence) only on this device") }
    if differs { lines.append("DIFFERS: a new device is shown another history than this one has") }
    return lines
  }
}

/// What has not gone to the relay, so that no other device has it.
struct WaitingContent: Encodable {
  var messages = 0
  /// Names of conversations, deletions, and other records that are no messages.
  var otherRecords = 0
  var attachments = 0

  init() {}

  /// What waits on a device.
  init(on device: Device) async throws(DeviceError) {
    let status = try await device.status()
    attachments = status.waitingAttachments
    guard status.waitingRecords > 0 else { return }
    var count = 0
    do throws(HistoryReadError<Never>) {
      try device.forEachEntry { read in
        guard read.leaf == nil, case .success(let entry) = read.entry else { return }
        switch entry {
        case .message, .sendRequest: count += 1
        default: break
        }
      }
    } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    messages = count
    otherRecords = max(0, status.waitingRecords - count)
  }

  /// What it is, as the beginning of a sentence; nil if it is nothing.
  var sentence: String? {
    func part(_ count: Int, _ noun: String) -> String? {
      count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
    let parts = [
      part(messages, "message"), part(otherRecords, "other record"), part(attachments, "file"),
    ].compactMap(\.self)
    guard let last = parts.last else { return nil }
    let verb = messages + otherRecords + attachments == 1 ? "is" : "are"
    return [parts.dropLast().joined(separator: ", "), last].filter { !$0.isEmpty }.joined(separator: " and ")
      + " " + verb
  }
}
#endif
