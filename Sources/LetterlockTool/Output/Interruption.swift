#if Tool
import Dispatch
import Foundation
import Synchronization
import SystemCore

/// What is done when the process is told to end: files, and folders of files, that are not whole are removed.
enum Interruption {
  // Sendable: a dispatch source may be used from any thread.
  private struct Source: @unchecked Sendable {
    let source: any DispatchSourceSignal
  }

  /// Whether the command goes on until it is interrupted.
  private static let isExpected = Mutex(false)

  /// Says that the command goes on until it is interrupted, which is its regular end from then on.
  static func expect() { isExpected.withLock { $0 = true } }

  /// They work for as long as they are kept.
  private static let sources: [Source] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT].compactMap { number in
    // The default would end the process first. What was ignored from the start, as by nohup, stays so.
    guard !SignalAction.isIgnored(number) else { return nil }
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      OutputFile.removeUnfinished {
        // No file gets to its place any more.
        OutputDirectory.removeBegun()
        TemporaryFolder.removeAll {
          if isExpected.withLock({ $0 }), [SIGINT, SIGTERM].contains(number) { exit(0) }
          SignalAction.endProcess(by: number)
        }
      }
    }
    source.activate()
    return Source(source: source)
  }

  /// Prepares for it. A write beyond what a file may hold, or to a reader that is gone, is an error from then on, and does
  /// not end the process.
  static func prepare() {
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    _ = sources
  }
}
#endif
