#if Server
import ArgumentParser
import Dispatch
import Foundation
import LetterlockFormat
import LetterlockRelayKit
import SystemCore

/// What an operator is told when a command does not do what it was told.
struct OperatorError: Error {
  let text: String
  let exitCode: Int32

  init(_ text: String, exitCode: Int32 = 1) { (self.text, self.exitCode) = (text, exitCode) }
}

/// What the commands for operators print, and where.
enum OperatorOutput {
  /// A line on standard output: a result.
  static func line(_ text: String) throws {
    do throws(OutputFileError) { try StandardStream.output.write(text + "\n") } catch {
      throw OperatorError("Standard output cannot be written: \(error.reason).")
    }
  }

  /// A line on standard error.
  static func note(_ text: String) {
    // There is nowhere else to say that it does not arrive.
    try? StandardStream.error.write(text + "\n")
  }

  /// One JSON object on a line, keys in order.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Runs a command's work; an error becomes one sentence on standard error and an exit code.
  static func run(_ work: () async throws -> Void) async throws {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let interruptions = removeUnfinishedOnSignals()
    defer { for source in interruptions { source.cancel() } }
    do { try await work() } catch let error as OperatorError {
      note("letterlock-relay: " + error.text)
      throw ExitCode(error.exitCode)
    } catch let error as RelayError {
      note("letterlock-relay: " + error.statement)
      throw ExitCode(1)
    } catch let error as AccountMoveError {
      note("letterlock-relay: " + error.statement)
      throw ExitCode(1)
    }
  }
}

extension OperatorOutput {
  /// Has a file that is not whole removed when the process is told to end.
  private static func removeUnfinishedOnSignals() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM, SIGHUP].compactMap { number in
      // What was ignored from the start, as by nohup, stays so.
      guard !SignalAction.isIgnored(number) else { return nil }
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { OutputFile.removeUnfinished { SignalAction.endProcess(by: number) } }
      source.activate()
      return source
    }
  }
}

/// Draws how much is done on standard error, if a person looks.
final class OperatorProgress {
  private let label: String
  private let isShown = StandardStream.error.isTerminal
  private var last = ""

  init(_ label: String) { self.label = label }

  func show(_ text: String) {
    guard isShown, text != last else { return }
    last = text
    try? StandardStream.error.write("\r\u{1B}[K\(label) \(text)")
  }

  func finish() {
    guard isShown, !last.isEmpty else { return }
    try? StandardStream.error.write("\r\u{1B}[K")
  }
}

extension RelayError {
  /// What went wrong, as a sentence.
  var statement: String {
    let text = reason
    return text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
  }
}

extension OutputFileError {
  /// Why a file was not written, as the end of a sentence.
  var reason: String {
    switch self {
    case .exists: "there is a file already"
    case .notRegularFile: "what is there is no file"
    case .failed(_, let code): "\(SystemReason(code))"
    }
  }
}

extension AccountMoveError {
  /// Why an account was not moved, as a sentence.
  var statement: String {
    switch self {
    case .notAccountFile: "The file is no exported account."
    case .otherVersion(let version):
      "The file is of version \(version) of the format, which this letterlock-relay does not read."
    case .truncated: "The file ends early: it was cut, or never written to its end."
    case .damaged(let what): "The file is damaged: \(what)."
    case .otherKey:
      "The account pins another checkpoint key than this store's, and its devices would refuse the relay. Only a store with "
        + "the same key can take it in."
    case .accountExists: "The store has this account already. Nothing was changed."
    case .older:
      "The file is older than the account here, and would roll it back. Nothing was changed."
    case .importReplaced:
      "Another import of the account began meanwhile, or the account was changed. Run the command again."
    case .recoveryKeyTaken: "The store has another account of the same recovery key. Nothing was changed."
    case .refused(let rule): "The account breaks a rule: \(rule). Nothing was changed."
    case .unreadable: "The file cannot be read."
    case .output(let error): "The file cannot be written: \(error.reason)."
    case .relay(let error): error.statement
    }
  }
}

extension Timestamp {
  /// By this machine's clock and time zone.
  var localText: String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
    return formatter.string(from: Date(timeIntervalSince1970: Double(nanosecondsSince1970) / 1e9))
  }
}
#endif
