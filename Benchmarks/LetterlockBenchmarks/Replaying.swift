import Benchmark
import Letterlock

/// Every rule and every signature of an account's log, from the account's name on.
func registerReplaying() {
  Benchmark("replay a log of 20 devices, 60 epochs", configuration: .timed) {
    (benchmark, history: AccountHistory) in
    benchmark.note(
      try Batch(of: 1) {
        blackHole(try AccountLog(account: history.account, replaying: history.entries))
      }, of: 1)
  } setup: {
    try await AccountHistory(deviceCount: 20, epochCount: 60)
  }
}
