package import LetterlockFormat
package import TLSCodec

/// Each error by the name of its problem's type, with its fields. SPEC.md section 13.7.
extension RelayError {
  /// The last part of the type of the problem that tells of the error.
  package var problemName: String {
    switch self {
    case .unknownAccount: "unknown-account"
    case .accountExists: "account-exists"
    case .staleLogHead: "stale-log-head"
    case .staleHistory: "stale-history"
    case .entryRefused: "entry-refused"
    case .batchRefused: "batch-refused"
    case .recoveryUnderway: "recovery-underway"
    case .removalUnderway: "removal-underway"
    case .tooManyEntries: "too-many-entries"
    case .lostPartRefused: "lost-part-refused"
    case .wrongWraps: "wrong-wraps"
    case .quotaExceeded: "quota-exceeded"
    case .blobRefused: "blob-refused"
    case .accountErased: "account-erased"
    case .erasureRefused: "erasure-refused"
    case .unknownBlob: "unknown-blob"
    case .tooLarge: "too-large"
    case .unavailable: "unavailable"
    case .corrupted: "corrupted"
    case .internalError: "internal-error"
    }
  }

  /// The error's fields in the presentation language; empty if it has none.
  package var encodedFields: [UInt8] {
    var writer = TLSWriter()
    switch self {
    case .staleLogHead(let newest): writer.write(newest)
    case .staleHistory(let treeSize): writer.write(treeSize)
    case .entryRefused(let error): error.encodeCase(to: &writer)
    case .batchRefused(let error): error.encodeCase(to: &writer)
    case .recoveryUnderway(let time), .removalUnderway(let time), .tooManyEntries(let time):
      writer.write(time.wholeNanoseconds)
    case .quotaExceeded(let usage): writer.write(usage)
    case .accountErased(let completed): writer.write(completed)
    case .erasureRefused(let refusal): refusal.encodeCase(to: &writer)
    case .unavailable(let text), .corrupted(let text), .internalError(let text):
      writer.write(opaque: Array(text.utf8))
    case .unknownAccount, .accountExists, .lostPartRefused, .wrongWraps, .blobRefused, .unknownBlob,
      .tooLarge:
      break
    }
    return writer.bytes
  }

  /// The error that a problem tells of.
  /// - Throws: `TLSError.unknownValue` if there is no such error, and what is wrong with its fields.
  package init(problemName name: String, encodedFields bytes: [UInt8]) throws(TLSError) {
    var reader = TLSReader(bytes)
    if let plain = Self.plain[name] { self = plain } else { self = try Self.error(named: name, &reader) }
    try reader.finish()
  }

  private static let plain = Dictionary(
    uniqueKeysWithValues: [
      unknownAccount, accountExists, lostPartRefused, wrongWraps, blobRefused, unknownBlob, tooLarge,
    ].map { ($0.problemName, $0) })

  private static func error(named name: String, _ reader: inout TLSReader) throws(TLSError) -> RelayError {
    switch name {
    case "stale-log-head": .staleLogHead(newest: try LogHead(from: &reader))
    case "stale-history": .staleHistory(treeSize: try reader.read())
    case "entry-refused": .entryRefused(try AccountLogError(caseFrom: &reader))
    case "batch-refused": .batchRefused(try HistoryError(caseFrom: &reader))
    case "recovery-underway": .recoveryUnderway(retryAfter: try Duration(wholeNanosecondsFrom: &reader))
    case "removal-underway": .removalUnderway(retryAfter: try Duration(wholeNanosecondsFrom: &reader))
    case "too-many-entries": .tooManyEntries(retryAfter: try Duration(wholeNanosecondsFrom: &reader))
    case "quota-exceeded": .quotaExceeded(try RelayUsage(from: &reader))
    case "account-erased": .accountErased(try CompletedErasure(from: &reader))
    case "erasure-refused": .erasureRefused(try ErasureRefusal(caseFrom: &reader))
    case "unavailable": .unavailable(try text(from: &reader))
    case "corrupted": .corrupted(try text(from: &reader))
    case "internal-error": .internalError(try text(from: &reader))
    default: throw .unknownValue
    }
  }

  private static func text(from reader: inout TLSReader) throws(TLSError) -> String {
    guard let text = String(validating: try reader.readOpaque(), as: UTF8.self) else { throw .invalidValue }
    return text
  }
}

extension Duration {
  /// Whole nanoseconds: none if it is negative, 2^63 - 1 if it is longer than that.
  var wholeNanoseconds: UInt64 {
    let (seconds, fraction) = components
    guard seconds >= 0, fraction >= 0 else { return 0 }
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooMuch) = whole.addingReportingOverflow(fraction / 1_000_000_000)
    return UInt64(overflow || isTooMuch ? Int64.max : sum)
  }

  init(wholeNanosecondsFrom reader: inout TLSReader) throws(TLSError) {
    guard let count = Int64(exactly: try reader.read(UInt64.self)) else { throw .invalidValue }
    self = .nanoseconds(count)
  }
}
