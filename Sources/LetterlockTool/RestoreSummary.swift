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
  var complete: Bool

  init(_ report: RestoreReport) {
    expected = report.expected
    opened = report.opened
    erased = report.erased
    missing = report.missing
    undecryptable = report.undecryptable.map { Failure(record: $0.leaf, reason: "\($0.reason)") }
    attachments = report.attachments
    missingAttachments = report.missingAttachments.map(\.description)
    differs = report.differs
    complete = report.isComplete
  }

  var lines: [String] {
    var lines = [
      "\(expected) records expected, \(opened) opened, \(erased) erased, \(missing.count) missing, \(undecryptable.count) "
        + "undecryptable; \(attachments) attachments, \(missingAttachments.count) missing."
    ]
    lines += missing.map { "MISSING record \($0): the relay does not have it" }
    lines += undecryptable.map { "UNDECRYPTABLE record \($0.record ?? 0): \($0.reason)" }
    lines += missingAttachments.map { "MISSING attachment \($0)" }
    if differs { lines.append("DIFFERS: a new device is shown another history than this one has") }
    return lines
  }
}
#endif
