import Benchmark

let benchmarks: @Sendable () -> Void = {
  registerSealing()
  registerOpening()
}
