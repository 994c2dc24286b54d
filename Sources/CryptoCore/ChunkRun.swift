/// Chunks of one message that follow each other, set apart to be sealed by one thread while others seal theirs.
///
/// A chunk's number is given out once, and a run is consumed by sealing it: no nonce is used twice, whatever order
/// the threads come in.
package struct ChunkRun: ~Copyable, Sendable {
  private let key: ChunkedEncryption.MessageKey
  private let first: UInt64
  /// The plaintext of the run, in bytes.
  private let byteCount: Int
  private let isLast: Bool

  fileprivate init(_ key: ChunkedEncryption.MessageKey, first: UInt64, byteCount: Int, isLast: Bool) {
    self.key = key
    self.first = first
    self.byteCount = byteCount
    self.isLast = isLast
  }

  /// The sealed length of the run.
  package var sealedByteCount: Int {
    byteCount + 16 * (byteCount / ChunkedEncryption.chunkByteCount + (isLast ? 1 : 0))
  }

  /// Seals the run's plaintext into `output`, which is exactly as long as the sealed run.
  package consuming func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan
  ) throws(ChunkedEncryptionError) {
    guard plaintext.byteCount == byteCount, output.byteCount == sealedByteCount else {
      throw .invalidChunkSize
    }
    var (start, place, number) = (0, 0, first)
    while place < output.byteCount {
      let end = min(start + ChunkedEncryption.chunkByteCount, byteCount)
      var chunk = output._mutatingExtracting(place..<place + end - start + 16)
      try key.seal(plaintext.extracting(start..<end), number: number, into: &chunk)
      place += end - start + 16
      start = end
      number += 1
    }
  }
}

extension ChunkedEncryption.Sealer {
  /// Sets the next `count` whole chunks apart.
  package mutating func reserve(chunkCount count: Int) throws(ChunkedEncryptionError) -> ChunkRun {
    try take(chunkCount: count, byteCount: count * ChunkedEncryption.chunkByteCount, isLast: false)
  }

  /// Sets the rest of the message apart: any number of whole chunks, and the last one, which is shorter and may be
  /// empty.
  package consuming func reserveRest(byteCount: Int) throws(ChunkedEncryptionError) -> ChunkRun {
    try take(
      chunkCount: byteCount / ChunkedEncryption.chunkByteCount + 1, byteCount: byteCount, isLast: true)
  }

  private mutating func take(
    chunkCount: Int, byteCount: Int, isLast: Bool
  ) throws(ChunkedEncryptionError) -> ChunkRun {
    let (key, first) = try reserveNumbers(chunkCount)
    return ChunkRun(key, first: first, byteCount: byteCount, isLast: isLast)
  }
}
