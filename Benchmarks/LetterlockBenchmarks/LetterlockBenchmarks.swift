import Benchmark

let benchmarks: @Sendable () -> Void = {
  registerSealing()
  registerOpening()
  registerBulk()
  registerRestoring()
  registerImporting()
  registerTree()
  registerWrapping()
  registerReplaying()
  registerMLSMessages()
  #if OLM
  registerMegolm()
  #endif
}
