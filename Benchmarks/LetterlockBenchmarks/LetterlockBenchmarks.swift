import Benchmark

let benchmarks: @Sendable () -> Void = {
  registerSealing()
  registerOpening()
  registerBulk()
  registerWrapping()
  registerReplaying()
  registerEpochOpenings()
  #if OLM
  registerMegolm()
  #endif
}
