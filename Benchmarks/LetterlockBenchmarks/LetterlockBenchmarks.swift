import Benchmark

let benchmarks: @Sendable () -> Void = {
  registerSealing()
  registerOpening()
  registerBulk()
  registerRestoring()
  registerNewestPage()
  registerImporting()
  registerDeleting()
  registerTree()
  registerWrapping()
  registerReplaying()
  registerEpochOpenings()
  registerMLSMessages()
  registerMLSGroups()
  #if OLM
  registerMegolm()
  #endif
  #if SIGNAL
  registerSenderKeys()
  #endif
}
