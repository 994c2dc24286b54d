internal import CSodium

/// Memory that is wiped before it is given back.
@safe final class SecretRegion: @unchecked Sendable {
  // Sendable: the memory is written only by `withMutableBytes`, before the region is shared or when it is held
  // by one owner again, and belongs to this object alone.
  private let start: UnsafeMutableRawPointer
  private let isGuarded: Bool
  let byteCount: Int

  init(byteCount: Int, placement: SecretBytes.Placement) {
    _ = Sodium.isReady
    self.byteCount = byteCount
    // libsodium gives nil when the process has no more guarded pages.
    let size = max(byteCount, 1)
    if placement == .guarded, let guarded = unsafe sodium_malloc(size) {
      unsafe start = guarded
      isGuarded = true
    } else {
      unsafe start = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      isGuarded = false
    }
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit {
    // sodium_free wipes by itself.
    guard !isGuarded else { return unsafe sodium_free(start) }
    unsafe sodium_memzero(start, byteCount)
    #if DEBUG
    unsafe WipeProbe.shared.note(start, byteCount)
    #endif
    unsafe start.deallocate()
  }

  func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // The memory lives as long as this object, which outlives the call.
    try unsafe body(RawSpan(_unsafeStart: start, byteCount: byteCount))
  }

  func withMutableBytes<Failure: Error>(
    _ body: (inout MutableRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    // The memory lives as long as this object, which outlives the call.
    var span = unsafe MutableRawSpan(_unsafeStart: start, byteCount: byteCount)
    try body(&span)
  }

  func isEqual(to other: SecretRegion) -> Bool {
    // Both regions are as long as their equal sizes say.
    guard byteCount == other.byteCount else { return false }
    return unsafe sodium_memcmp(start, other.start, byteCount) == 0
  }
}

#if DEBUG
internal import Synchronization

/// Lets a test see that memory was wiped before it was given back. Not in release builds.
final class WipeProbe: Sendable {
  static let shared = WipeProbe()
  private let watched = Mutex<[Int: Bool?]>([:])

  /// Begins to watch a region, by its address.
  func watch(_ address: Int) { watched.withLock { _ = $0.updateValue(nil, forKey: address) } }

  /// Whether a watched region held nothing but zeros when it was given back; nil if it was not yet.
  func wasWiped(_ address: Int) -> Bool? { watched.withLock { $0[address] ?? nil } }

  func note(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
    watched.withLock { watched in
      guard watched.keys.contains(Int(bitPattern: start)) else { return }
      let bytes = unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
      watched[Int(bitPattern: start)] = .some(unsafe bytes.allSatisfy { $0 == 0 })
    }
  }
}
#endif
