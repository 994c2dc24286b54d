internal import CryptoCore
internal import TLSCodec

/// The bytes of a record, written by hand because every message goes through here. A test holds them against
/// the declared form. SPEC.md section 5.1.
enum RecordFrame {
  /// Seals an entry: the returned array is the one allocation.
  static func seal(
    _ entry: ArchiveEntry, using key: RecordKey
  ) throws(ArchiveError) -> SealedRecord {
    let padded: [UInt8]
    do throws(TLSError) { padded = try entry.padded() } catch { throw .messageTooLong }
    let ciphertextByteCount = padded.count + 16
    var writer = TLSWriter(reserving: SealedRecord.prefixByteCount + 4 + ciphertextByteCount)
    writer.write(fixed: key.recordStart)
    let nonce = SecureRandom.bytes(24)
    writer.write(fixed: nonce)
    let prefix = writer.bytes
    do {
      writer.write(
        opaque: try XChaCha20Poly1305.seal(padded, using: key.key, nonce: nonce, authenticating: prefix))
    } catch { throw .internalError("seal") }
    return SealedRecord(unchecked: writer.bytes)
  }

  /// Opens a record.
  static func open(
    _ record: SealedRecord, using key: SecretKey
  ) throws(ArchiveError) -> ArchiveEntry {
    let bytes = record.bytes
    let prefix = Array(bytes[..<SealedRecord.prefixByteCount])
    do {
      let padded = try XChaCha20Poly1305.open(
        Array(bytes[(SealedRecord.prefixByteCount + record.lengthByteCount)...]), using: key,
        nonce: Array(prefix[33...]), authenticating: prefix)
      return try ArchiveEntry(decodingArchiveEntry: padded)
    } catch { throw .authenticationFailed }
  }
}
