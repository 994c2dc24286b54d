#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What the process does on a signal.
package enum SignalAction {
  /// Whether a signal is ignored: a process may be started so, by `nohup` for example.
  package static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    // A number that is no signal leaves it as it is.
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
    let handler = unsafe action.__sigaction_u.__sa_handler
    #else
    let handler = unsafe action.__sigaction_handler.sa_handler
    #endif
    // POSIX gives the handlers that are none as small numbers, and SIG_IGN is 1 on every system that we know.
    return unsafe unsafeBitCast(handler, to: Int.self) == 1
  }

  /// Ends the process by a signal, as it would have ended without a handler: whoever waits for it sees so.
  package static func endProcess(by number: Int32) -> Never {
    _ = signal(number, SIG_DFL)
    // To this thread, which may hold it back: sent to the process, it may be taken by whoever watches for signals.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, number)
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
    _exit(128 + number)
  }
}
