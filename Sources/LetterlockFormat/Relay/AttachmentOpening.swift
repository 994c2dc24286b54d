internal import CryptoCore
internal import TLSCodec

/// Opens the segments of one sealed file, in any order and on any thread. SPEC.md section 7.1.
package struct AttachmentOpening: Sendable {
  package let attachment: Attachment
  /// How many bytes the file is sealed in.
  package let sealedByteCount: UInt64
  private let opener: ChunkedEncryption.Opener

  /// - Throws: `FormatError.attachmentUnreadable` if the header (56 bytes) is not this file's.
  package init(
    _ attachment: Attachment, account: AccountID, header: [UInt8]
  ) throws(FormatError) {
    self.attachment = attachment
    sealedByteCount = SealedSegments.sealedByteCount(of: attachment.byteCount)
    do throws(ChunkedEncryptionError) {
      opener = try ChunkedEncryption.Opener(
        suite: .cobblestone256, key: attachment.key,
        context: SealedSegments.context(account: account, blob: attachment.blob), header: header)
    } catch { throw .attachmentUnreadable(attachment.blob) }
  }

  /// Which chunks hold the bytes of a file from `range`; and where they stand in the sealed file.
  package func chunks(
    holding range: Range<UInt64>
  ) -> (numbers: Range<UInt64>, sealed: Range<UInt64>) {
    let plain = UInt64(ChunkedEncryption.chunkByteCount)
    let range = range.clamped(to: 0..<Attachment.maximumByteCount)
    let numbers = range.lowerBound / plain..<(range.upperBound + plain - 1) / plain
    return (numbers, start(of: numbers.lowerBound)..<min(start(of: numbers.upperBound), sealedByteCount))
  }

  /// The number of the last chunk, which is the one that ends the file, and where it stands.
  package var lastChunk: (number: UInt64, sealed: Range<UInt64>) {
    let number = (sealedByteCount - UInt64(SealedSegments.headerByteCount)) / Self.sealedChunk
    return (number, start(of: number)..<sealedByteCount)
  }

  private static let sealedChunk = UInt64(ChunkedEncryption.sealedChunkByteCount)

  private func start(of chunk: UInt64) -> UInt64 {
    UInt64(SealedSegments.headerByteCount) + chunk * Self.sealedChunk
  }

  /// Opens sealed chunks from number `first` on into `output`, and checks the zeros behind the file's end. Gives how
  /// many of the bytes are the file's.
  package func open(
    _ sealed: RawSpan, from first: UInt64, into output: inout MutableRawSpan
  ) throws(FormatError) -> Int {
    do throws(ChunkedEncryptionError) {
      var (place, filled, number) = (0, 0, first)
      let last = lastChunk.number
      while place < sealed.byteCount {
        let end = min(place + ChunkedEncryption.sealedChunkByteCount, sealed.byteCount)
        // Only the last chunk is shorter: a file that was cut has none.
        guard end - place >= 16, number <= last,
          number < last ? end - place == ChunkedEncryption.sealedChunkByteCount : end == sealed.byteCount,
          filled + end - place - 16 <= output.byteCount
        else { throw .authenticationFailed }
        var chunk = output._mutatingExtracting(filled..<filled + end - place - 16)
        try opener.open(sealed.extracting(place..<end), number: number, into: &chunk)
        filled += end - place - 16
        place = end
        number += 1
      }
      return try checkPadding(of: output, filled, from: first)
    } catch { throw .attachmentUnreadable(attachment.blob) }
  }

  /// The file's bytes that sealed chunks from number `first` on hold.
  package func open(_ sealed: [UInt8], from first: UInt64) throws(FormatError) -> [UInt8] {
    let size = ChunkedEncryption.sealedChunkByteCount
    let tagByteCount = 16 * ((sealed.count + size - 1) / size)
    var plain = [UInt8](repeating: 0, count: max(0, sealed.count - tagByteCount))
    let exact = try plain.withMutableRawSpan { (plain) throws(FormatError) in
      try sealed.withRawSpan { (sealed) throws(FormatError) in try open(sealed, from: first, into: &plain) }
    }
    plain.removeLast(plain.count - exact)
    return plain
  }

  private func checkPadding(
    of output: borrowing MutableRawSpan, _ filled: Int, from first: UInt64
  ) throws(ChunkedEncryptionError) -> Int {
    let start = first * UInt64(ChunkedEncryption.chunkByteCount)
    // In range: the condition before.
    let exact = start < attachment.byteCount ? Int(min(UInt64(filled), attachment.byteCount - start)) : 0
    guard output.isZero(exact..<filled) else { throw .authenticationFailed }
    return exact
  }

  /// Opens a whole sealed file that is in memory.
  /// - Throws: `FormatError.attachmentUnreadable` if it is not the file that its message names.
  package static func open(
    _ sealed: [UInt8], as attachment: Attachment, account: AccountID
  ) throws(FormatError) -> [UInt8] {
    let headerByteCount = SealedSegments.headerByteCount
    guard UInt64(sealed.count) == SealedSegments.sealedByteCount(of: attachment.byteCount),
      SegmentHasher.digest(of: sealed).bytes == attachment.digest
    else { throw .attachmentUnreadable(attachment.blob) }
    let opening = try AttachmentOpening(
      attachment, account: account, header: Array(sealed[..<headerByteCount]))
    var content = try withNewBytes(sealed.count) { (output) throws(FormatError) in
      output.zero(0..<output.byteCount)
      _ = try sealed.withRawSpan { (bytes) throws(FormatError) in
        try opening.open(bytes.extracting(headerByteCount..<bytes.byteCount), from: 0, into: &output)
      }
    }
    // In range: the sealed file is longer than the file.
    content.removeLast(content.count - Int(attachment.byteCount))
    return content
  }
}
