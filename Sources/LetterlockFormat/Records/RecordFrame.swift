package import CryptoCore
internal import TLSCodec

/// The bytes of a record, written by hand because every message goes through here. A test holds them against
/// the declared form. SPEC.md section 5.1.
package enum RecordFrame {
  /// Seals an entry: the returned array is the one allocation.
  package static func seal(
    _ entry: ArchiveEntry, using key: RecordKey
  ) throws(ArchiveError) -> SealedRecord {
    let measure: ArchiveEntry.Measure
    do throws(TLSError) { measure = try entry.measured() } catch { throw .messageTooLong }
    let paddedByteCount = measure.paddedByteCount
    let prefixByteCount = SealedRecord.prefixByteCount
    let lengthByteCount = TLSWriter.lengthByteCount(paddedByteCount + 16)
    let start = prefixByteCount + lengthByteCount
    do throws(AEADError) {
      let bytes = try withNewBytes(start + paddedByteCount + 16) { (frame) throws(AEADError) in
        frame.copy(key.recordStart, to: 0)
        var offset = prefixByteCount
        frame.write(length: paddedByteCount + 16, at: &offset)
        entry.encode(measure, into: &frame, at: start)
        try XChaCha20Poly1305.sealFrame(
          &frame, prefixByteCount: prefixByteCount, lengthFieldByteCount: lengthByteCount,
          using: key.key)
      }
      return SealedRecord(unchecked: bytes)
    } catch { throw .internalError("seal") }
  }

  /// Opens a record.
  package static func open(
    _ record: SealedRecord, using key: SecretKey
  ) throws(ArchiveError) -> ArchiveEntry {
    // Set from inside: each layer that returned an entry would copy some 200 bytes.
    var entry: ArchiveEntry?
    withPlaintext(of: record, using: key) { entry = try? ArchiveEntry(decodingArchiveEntry: $0) }
    // Taken, so that it is moved from here on.
    guard let opened = entry.take() else { throw .authenticationFailed }
    return opened
  }

  /// Opens a record of a message into one that is `unread`; gives false if it holds another kind of entry.
  package static func open(
    _ record: SealedRecord, using key: SecretKey, into message: inout Message
  ) throws(ArchiveError) -> Bool {
    var isMessage: Bool?
    withPlaintext(of: record, using: key) {
      isMessage = try? ArchiveEntry.read(&message, decodingArchiveEntry: $0)
    }
    guard let isMessage else { throw .authenticationFailed }
    return isMessage
  }

  /// Lends what a record holds, padding included, if it is authentic.
  @inline(__always)
  private static func withPlaintext(
    of record: SealedRecord, using key: SecretKey, _ body: (RawSpan) -> Void
  ) {
    let lengthByteCount = record.lengthByteCount
    let byteCount = record.bytes.count - SealedRecord.prefixByteCount - lengthByteCount - 16
    withTemporaryBytes(byteCount) { padded in
      do throws(AEADError) {
        try record.bytes.withRawSpan { (frame) throws(AEADError) in
          try XChaCha20Poly1305.openFrame(
            frame, prefixByteCount: SealedRecord.prefixByteCount,
            lengthFieldByteCount: lengthByteCount, into: &padded, using: key)
        }
      } catch { return }
      body(padded.bytes)
    }
  }
}
