#if Tool
import ArgumentParser
import Foundation
import Letterlock
import Synchronization
import SystemCore

/// What goes to the terminal, and where.
enum Terminal {
  private static let failure = Mutex<OutputFileError?>(nil)
  /// Whether something was told that ends the command with exit code 2, once everything else is done.
  private static let hasFailure = Mutex(false)
  /// What is said last, whatever else comes of the command.
  private static let ending = Mutex<ToolError?>(nil)

  /// Whether standard output goes to a person.
  static var isInteractive: Bool { StandardStream.output.isTerminal }

  /// Whether a person can be asked.
  static var canAsk: Bool { StandardStream.input.isTerminal && StandardStream.error.isTerminal }

  /// A line on standard output: a result.
  static func line(_ text: TerminalText) {
    do throws(OutputFileError) { try StandardStream.output.write(text.description + "\n") } catch {
      failure.withLock { $0 = $0 ?? error }
    }
  }

  /// Lines on standard output.
  static func lines(_ lines: [String]) {
    for line in lines { Self.line("\(line)") }
  }

  /// A line on standard error: progress and errors, never results.
  static func note(_ text: TerminalText) {
    // There is nowhere else to say that it does not arrive.
    try? StandardStream.error.write(text.description + "\n")
  }

  /// A line on standard error about something that is wrong and keeps nothing else from being done: the command goes on,
  /// and ends with exit code 2.
  static func noteFailure(_ text: TerminalText) {
    note(text)
    hasFailure.withLock { $0 = true }
  }

  /// Has the command say this last, once everything else is done, and end with its exit code: what it did stands.
  static func sayAtEnd(_ error: ToolError) { ending.withLock { $0 = error } }

  /// One JSON object, keys in order.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = JSONText.escaped(try encoder.encode(value))
    do throws(OutputFileError) {
      try StandardStream.output.write(String(decoding: data, as: UTF8.self) + "\n")
    } catch { throw ToolError(error, writing: "standard output") }
  }

  /// Runs a command's work; an error becomes one sentence on standard error and an exit code.
  static func run(_ work: () async throws -> Void) async throws {
    Interruption.prepare()
    do {
      try await work()
      if let failure = failure.withLock({ $0 }) { throw ToolError(failure, writing: "standard output") }
      if let ending = ending.withLock({ $0 }) { throw ending }
      if hasFailure.withLock({ $0 }) { throw ExitCode(2) }
    } catch let error as ToolError { throw end(error) } catch let error as DeviceError {
      throw end(ToolError(error))
    } catch let error as OutputFileError {
      throw end(ToolError(error, writing: "a file"))
    } catch let error as ExitCode { throw error } catch let error as ValidationError { throw error } catch {
      throw end(ToolError("A fault of letterlock itself (\(error)): please report it."))
    }
  }

  private static func end(_ error: ToolError) -> ExitCode {
    note("letterlock: " + error.text)
    guard let ending = ending.withLock({ $0 }), ending.description != error.description else {
      return ExitCode(error.exitCode)
    }
    note("letterlock: " + ending.text)
    // A wrong command line stays one.
    return ExitCode(error.exitCode == 1 ? ending.exitCode : error.exitCode)
  }
}

/// JSON whose strings hold no control that a terminal obeys: those that JSON lets through are escaped.
enum JSONText {
  static func escaped(_ data: Data) -> Data {
    let firstBytes: Set<UInt8> = [0x7f, 0xc2, 0xd8, 0xe2]
    guard data.contains(where: firstBytes.contains) else { return data }
    let text = String(decoding: data, as: UTF8.self)
    guard text.unicodeScalars.contains(where: \.isControl) else { return data }
    var escaped = ""
    for scalar in text.unicodeScalars {
      guard scalar.isControl, scalar != "\n" else {
        escaped.unicodeScalars.append(scalar)
        continue
      }
      let digits = String(scalar.value, radix: 16)
      escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return Data(escaped.utf8)
  }
}

/// A bar on standard error, when a person looks.
final class ProgressBar {
  private let label: String
  private let isShown = StandardStream.error.isTerminal
  private var lastPercent = -1

  init(_ label: String) { self.label = label.shown }

  /// Draws the bar if it moved; `fraction` from 0 to 1.
  func update(_ fraction: Double, _ detail: String = "") {
    guard isShown else { return }
    let percent = Int((min(max(fraction, 0), 1) * 100).rounded(.down))
    guard percent != lastPercent else { return }
    lastPercent = percent
    let filled = percent * 30 / 100
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
    try? StandardStream.error.write("\r\u{1B}[K\(label) \(bar) \(percent)% \(detail.shown)")
  }

  /// Clears the bar.
  func finish() {
    guard isShown, lastPercent >= 0 else { return }
    try? StandardStream.error.write("\r\u{1B}[K")
  }
}
#endif
