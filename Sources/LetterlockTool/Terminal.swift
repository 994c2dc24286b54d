#if Tool
import ArgumentParser
import Foundation
import Synchronization

/// What goes to the terminal, and where.
enum Terminal {
  /// Whether standard output goes to a person.
  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

  /// A line on standard error: progress and errors, never results.
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Whether something was told that ends the command with exit code 2, once everything else is done.
  private static let hasFailure = Mutex(false)

  /// A line on standard error about something that is wrong and keeps nothing else from being done: the command goes on,
  /// and ends with exit code 2.
  static func noteFailure(_ text: String) {
    note(text)
    hasFailure.withLock { $0 = true }
  }

  /// One JSON object, keys in order.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Runs a command's work; an error becomes one sentence on standard error and an exit code.
  static func run(_ work: () async throws -> Void) async throws {
    do { try await work() } catch let error as ToolError {
      note("letterlock: \(error.description)")
      throw ExitCode(error.exitCode)
    }
    if hasFailure.withLock({ $0 }) { throw ExitCode(2) }
  }
}

/// A bar on standard error, when a person looks.
final class ProgressBar {
  private let label: String
  private let isShown = isatty(STDERR_FILENO) == 1
  private var lastPercent = -1

  init(_ label: String) { self.label = label }

  /// Draws the bar if it moved; `fraction` from 0 to 1.
  func update(_ fraction: Double, _ detail: String = "") {
    guard isShown else { return }
    let percent = Int((min(max(fraction, 0), 1) * 100).rounded(.down))
    guard percent != lastPercent else { return }
    lastPercent = percent
    let filled = percent * 30 / 100
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
    FileHandle.standardError.write(Data("\r\u{1B}[K\(label) \(bar) \(percent)% \(detail)".utf8))
  }

  /// Clears the bar.
  func finish() {
    guard isShown, lastPercent >= 0 else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
#endif
