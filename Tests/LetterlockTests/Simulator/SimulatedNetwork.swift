import LetterlockFormat
import Synchronization

@testable import LetterlockRelayKit

/// What a relay does to one device until it is taken back.
enum SimulatedLie: Sendable {
  /// It does not answer. This is no lie.
  case unreachable
  /// It loses requests or answers, so many of a hundred. This is no lie.
  case lossy(Int)
  /// It has lost the bytes of every file. This is no lie about anything else.
  case noFiles
  /// Every entry of the log that is sent to it is lost on the way, or its answer is. This is no lie.
  case losesEntries
  /// It shows what was there before, and takes nothing.
  case past(SimulatedService)
  /// It goes on with another history.
  case fork(SimulatedService)
  /// It withholds the newest entry of the log.
  case oldLog
  /// It shows another log.
  case log([LogEntry])
  /// It says that everything was erased.
  case erased(CompletedErasure)
  /// It says so, and its own clock says that the order has not waited.
  case hastilyErased(CompletedErasure)
  /// It says that it knows neither the account nor the caller.
  case gone
  /// It shows so many of the first records and no more, and takes what the device writes after them.
  case beginning(UInt64)
  /// It signs for newest records that it does not show.
  case floor(Checkpoint)
  /// It shows newest records of another history, which has more than its own.
  case promise(SimulatedService)
  /// It withholds records.
  case holes
  /// It withholds wraps.
  case noWraps

  /// Whether an honest relay does so too.
  var isHonest: Bool {
    switch self {
    case .unreachable, .lossy, .noFiles, .losesEntries: true
    default: false
    }
  }

  var name: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }
}

/// What becomes of one device's requests, over all processes that open the device.
final class SimulatedNetwork: Sendable {
  private struct State {
    var lie: SimulatedLie?
    var generator: SeededGenerator
    var sent = SentEntries()
    /// What a relay took that hides the history.
    var taken: [HistoryBatch] = []
  }

  let server: SimulatedServer
  let turnstile: Turnstile
  private let state: Mutex<State>

  init(_ server: SimulatedServer, _ turnstile: Turnstile, seed: UInt64) {
    (self.server, self.turnstile) = (server, turnstile)
    state = Mutex(State(generator: SeededGenerator(seed: seed)))
  }

  var lie: SimulatedLie? {
    get { state.withLock { $0.lie } }
    set { state.withLock { ($0.lie, $0.taken) = (newValue, []) } }
  }

  var taken: [HistoryBatch] { state.withLock { $0.taken } }

  func take(_ batch: HistoryBatch) { state.withLock { $0.taken.append(batch) } }

  /// Whether it shows no more than the beginning of the history.
  var hidesHistory: Bool {
    guard case .beginning = lie else { return false }
    return true
  }

  /// Whether a request of this name, or its answer, is lost.
  func draw(_ name: String) -> (request: Bool, answer: Bool) {
    state.withLock { state in
      let share: Int
      switch state.lie {
      case .lossy(let drawn): share = drawn
      case .losesEntries where name == SimulatedLine.entry: share = 100
      default: return (false, false)
      }
      let (first, second) = (state.generator.next() % 100, state.generator.next() % 2)
      let isLost = first < UInt64(share)
      return (isLost && second == 0, isLost && second == 1)
    }
  }

  /// Notes an entry that a process of the device sends.
  func note(_ entry: LogEntry) { state.withLock { $0.sent.note(entry.content) } }

  /// What is wrong with the entries that the device sent since this was asked.
  func takeFaultOfEntries() -> String? { state.withLock { $0.sent.fault.take() } }

  /// Who answers.
  func relay(isWriting: Bool) throws(RelayError) -> any Relay {
    switch lie {
    case .unreachable: throw .unavailable("unreachable")
    case .gone: throw .unknownAccount
    case .past(let relay):
      if isWriting { throw .unavailable("nothing is written") }
      return RelayRoute.reaching(relay, by: .process)
    case .fork(let relay): return RelayRoute.reaching(relay, by: .process)
    default: return RelayRoute.reaching(server.current, by: .process)
    }
  }
}
