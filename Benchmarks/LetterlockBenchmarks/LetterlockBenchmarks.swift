import Benchmark

let benchmarks: @Sendable () -> Void = {
  registerSealing()
  registerOpening()
  registerBulk()
  registerWrapping()
  registerReplaying()
  #if OLM
  registerMegolm()
  #endif
}
