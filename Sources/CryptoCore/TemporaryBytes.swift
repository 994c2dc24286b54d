internal import CSodium

/// A new array of `byteCount` bytes, which are not zeroed first: `body` must write every one of them.
@inlinable
package func withNewBytes<Failure: Error>(
  _ byteCount: Int, _ body: (inout MutableRawSpan) throws(Failure) -> Void
) throws(Failure) -> [UInt8] {
  guard byteCount > 0 else {
    var none = MutableRawSpan()
    try body(&none)
    return []
  }
  var failure: Failure?
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
    // The span covers the buffer, which outlives it; the array counts as written only if `body` returns.
    var span = unsafe MutableRawSpan(_unsafeStart: buffer.baseAddress.unsafelyUnwrapped, byteCount: byteCount)
    do throws(Failure) {
      try body(&span)
      initialized = byteCount
    } catch { failure = error }
  }
  if let failure { throw failure }
  return bytes
}

/// Lends memory for plaintext on its way to a value: on the stack up to 1 KiB, wiped afterwards.
@inlinable
package func withTemporaryBytes<Result, Failure: Error>(
  _ byteCount: Int, _ body: (inout MutableRawSpan) throws(Failure) -> Result
) throws(Failure) -> Result {
  let result: Swift.Result<Result, Failure> = unsafe withUnsafeTemporaryAllocation(
    byteCount: max(1, byteCount), alignment: 16
  ) { buffer in
    // At least one byte was asked for, so there is an address; the span covers the buffer, which outlives it.
    let start = unsafe buffer.baseAddress.unsafelyUnwrapped
    var span = unsafe MutableRawSpan(_unsafeStart: start, byteCount: byteCount)
    defer { unsafe wipe(start, byteCount) }
    do throws(Failure) { return .success(try body(&span)) } catch { return .failure(error) }
  }
  return try result.get()
}

/// Overwrites memory that is about to be given back.
@usableFromInline
func wipe(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
  // The caller owns these bytes.
  unsafe sodium_memzero(start, byteCount)
}
