#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The system's wall clock to the nanosecond, which the standard library does not offer.
package enum WallClock {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  package static var nanosecondsSince1970: Int64 {
    var time = timespec()
    // The kernel writes into this frame's own variable, during the call only.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
