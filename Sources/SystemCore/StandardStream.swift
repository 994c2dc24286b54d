#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The streams that a process is started with.
package enum StandardStream: Int32, Sendable {
  /// What goes in.
  case input = 0
  /// Results.
  case output = 1
  /// Notes and errors.
  case error = 2

  /// Whether a person is at its other end.
  package var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Writes all bytes.
  package func write(_ bytes: RawSpan) throws(OutputFileError) {
    var rest = bytes
    while rest.byteCount > 0 {
      // The span is as long as it says.
      let count = unsafe rest.withUnsafeBytes { unsafe Self.write(rawValue, $0) }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .failed("write", code: errno)
      }
      rest = rest.extracting(droppingFirst: count)
    }
  }

  /// Writes all bytes.
  package func write(_ bytes: [UInt8]) throws(OutputFileError) {
    // Bytes have no padding to expose.
    try unsafe write(bytes.span.bytes)
  }

  /// Writes text.
  package func write(_ text: String) throws(OutputFileError) {
    try write(Array(text.utf8))
  }

  private static func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
    unsafe Darwin.write(file, bytes.baseAddress, bytes.count)
    #else
    unsafe Glibc.write(file, bytes.baseAddress, bytes.count)
    #endif
  }
}
