internal import CryptoCore

/// Gives out a file's segments one after the other, each with the right to seal its chunks: the file, then the zeros
/// that make its length tell only its class.
struct SegmentIntake: ~Copyable {
  private var source: SourceReader
  private var sealer: ChunkedEncryption.Sealer?
  private var nextIndex = 0
  private var zerosLeft: UInt64?
  /// The file's length in bytes, as far as it was read.
  private(set) var byteCount: UInt64 = 0
  /// What the sealed file begins with.
  let header: [UInt8]

  /// A segment to be sealed.
  struct Job: ~Copyable, Sendable {
    let index: Int
    /// How many bytes of plaintext it has.
    let byteCount: Int
    let isLast: Bool
    let run: ChunkRun
  }

  init(_ source: SourceReader, key: SecretKey, context: [UInt8]) throws(DeviceError) {
    self.source = source
    do throws(ChunkedEncryptionError) {
      let sealer = try ChunkedEncryption.Sealer(suite: .cobblestone256, key: key, context: context)
      header = sealer.header
      self.sealer = consume sealer
    } catch { throw .internalError("attachment") }
  }

  /// Whether the source is still what it was when it was opened.
  var isUnchanged: Bool { source.isUnchanged }

  /// Gives out no more.
  mutating func stop() { sealer = nil }

  /// Fills `plain`, which holds a whole segment, with the next one; nil after the last.
  mutating func next(_ plain: inout MutableRawSpan) throws(DeviceError) -> Job? {
    guard var sealer = sealer.take() else { return nil }
    let filled = try fill(&plain)
    let index = nextIndex
    nextIndex += 1
    do throws(ChunkedEncryptionError) {
      guard filled == SealedSegments.plainByteCount else {
        return Job(
          index: index, byteCount: filled, isLast: true, run: try sealer.reserveRest(byteCount: filled))
      }
      let run = try sealer.reserve(chunkCount: SealedSegments.chunkCount)
      self.sealer = consume sealer
      return Job(index: index, byteCount: filled, isLast: false, run: run)
    } catch { throw .internalError("attachment") }
  }

  private mutating func fill(_ plain: inout MutableRawSpan) throws(DeviceError) -> Int {
    var filled = 0
    if zerosLeft == nil {
      filled = try source.read(into: &plain)
      byteCount += UInt64(filled)
      guard filled < plain.byteCount else { return filled }
      zerosLeft = Padding.attachmentByteCount(byteCount) - byteCount
    }
    let zeros = Int(min(zerosLeft ?? 0, UInt64(plain.byteCount - filled)))
    plain.zero(filled..<filled + zeros)
    zerosLeft = (zerosLeft ?? 0) - UInt64(zeros)
    return filled + zeros
  }
}
