#if Tool
import Foundation
import Letterlock

/// `letterlock sync DIR --follow`: synchronises whenever the relay tells that something has come, until it is interrupted.
///
/// The folder is free between two rounds, so that other commands can change it.
struct SyncFollowing {
  let folder: ArchiveFolder
  let device: Device
  /// A relay in place of the one that the folder names.
  let moved: NamedRelay?
  let ignoresConditions: Bool

  /// Why a round begins.
  private enum Reason: Sendable {
    case woken
    case again
    /// The relay tells nothing any more.
    case ended
  }

  /// How long after a round that failed the next one begins: doubled each time, up to the last.
  private static let pauses: [Duration] = [
    .seconds(5), .seconds(10), .seconds(30), .seconds(60), .seconds(300),
  ]

  /// Goes on until the process is interrupted, or the device has nothing more to synchronise with.
  func run() async throws {
    Interruption.expect()
    var failureCount = try await round() ? 0 : 1
    guard let wakeUps = device.wakeUps() else {
      throw ToolError(
        "This relay does not tell when something comes: leave --follow out, and sync from time to time.")
    }
    let (reasons, continuation) = AsyncStream.makeStream(
      of: Reason.self, bufferingPolicy: .bufferingNewest(1))
    let listening = Task {
      for await wakeUp in wakeUps { continuation.yield(wakeUp == .news ? .woken : .ended) }
      continuation.yield(.ended)
      continuation.finish()
    }
    defer { listening.cancel() }
    if failureCount > 0 { retry(continuation, after: failureCount) }
    for await reason in reasons {
      failureCount = try await round() ? 0 : failureCount + 1
      if reason == .ended { throw ToolError("The relay tells this device nothing any more.") }
      if failureCount > 0 { retry(continuation, after: failureCount) }
    }
  }

  private func retry(_ reasons: AsyncStream<Reason>.Continuation, after failureCount: Int) {
    let pause = Self.pauses[min(failureCount, Self.pauses.count) - 1]
    Task {
      try await Task.sleep(for: pause)
      reasons.yield(.again)
    }
  }

  /// Synchronises once, and says so in one line. Returns whether it came to its end.
  /// - Throws: What ends the command: the device was removed, or the account erased.
  private func round() async throws -> Bool {
    guard await lock() else { return false }
    defer { folder.unlock() }
    let (report, files): (SyncReport, AttachmentTransfer?)
    do throws(DeviceError) {
      report = try await device.sync(ignoringConditions: ignoresConditions)
      files = report.verdict.isComplete ? try await device.downloadAutomatically() : nil
    } catch {
      let reason = ToolError(error, folder: folder.path)
      guard error.mayPass else { throw reason }
      Terminal.note("\(Timestamp.now.localSecond)  \(reason.text)")
      return false
    }
    report.noteFindings()
    for hold in report.heldBack { Terminal.note("\(hold.sentence(folder: folder.path))") }
    files?.noteFailures()
    Terminal.line(
      "\(Timestamp.now.localSecond)  \(report.verdict.sentence) Received \(report.received), sent \(report.sent); "
        + "attachments received \(files?.count ?? 0), sent \(report.sentAttachments).")
    try moved?.remember(in: folder, report.verdict)
    try end(on: report.verdict)
    return true
  }

  private func end(on verdict: Verdict) throws {
    switch verdict {
    case .removed, .erased: throw ToolError.wrong("\(verdict.sentence)\(verdict.advice(folder.path))")
    default: break
    }
  }

  /// Takes the folder's lock, if no other command has it for a minute.
  private func lock() async -> Bool {
    for _ in 0..<60 {
      if (try? folder.lock()) != nil { return true }
      try? await Task.sleep(for: .seconds(1))
    }
    Terminal.note("Another letterlock is at work on \(folder.path): this one waits.")
    return false
  }
}

extension DeviceError {
  /// Whether another round may go better.
  fileprivate var mayPass: Bool {
    switch self {
    case .relay, .heldBack, .cancelled, .store, .vault: true
    default: false
    }
  }
}
#endif
