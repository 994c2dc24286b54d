import CryptoCore
import Letterlock

/// Sealed records: their keys, what they open to, and why others do not open.
enum RecordVectors: OwnVectorKind {
  static let name = "record"
  static let about =
    "A record opens to `entry`, padding included, with the epoch secret of one epoch; or, with `valid` false, it is refused with `error`. SPEC.md sections 5.1 and 5.2, and appendix A."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let maker = try RecordMaker()
    return (
      [:], try maker.opened() + maker.malformed() + maker.altered() + maker.forged() + maker.misplaced()
    )
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let epoch = ReadableEpoch(
      account: AccountID(unchecked: test.bytes("account")),
      hash: Digest32(unchecked: test.bytes("header_hash")),
      epochSecret: SecretKey(copying: test.bytes("epoch_secret")))
    let conversation = try ConversationID(bytes: test.bytes("conversation"))
    let key = try epoch.recordKey(for: conversation)
    guard key.tag.bytes == test.bytes("stream_tag"), key.key.exportRawBytes() == test.bytes("key") else {
      return false
    }
    let archive = Archive(account: AccountID(unchecked: test.bytes("account")))
    archive.update(epochs: [epoch], sealing: .success(epoch))
    guard opens(test, archive) else { return false }
    // Once more with the stream's key at hand, as of every record but a stream's first.
    let first = ArchiveEntry.conversation(ConversationProfile(id: conversation))
    _ = try archive.openEntry(archive.seal(first, in: conversation))
    return opens(test, archive)
  }

  private static func opens(_ test: JSONCase, _ archive: Archive) -> Bool {
    do throws(ArchiveError) {
      let entry = try archive.openEntry(SealedRecord(decoding: test.bytes("record")))
      return test.flag("valid") == true && (try? entry.padded()) == test.bytes("entry")
        && isMessageWhereMessagesAreRead(entry, test, archive)
    } catch { return isRefusal(error, of: test) }
  }

  /// An app opens messages by a way of their own, which must come to the same.
  private static func isMessageWhereMessagesAreRead(
    _ entry: ArchiveEntry, _ test: JSONCase, _ archive: Archive
  ) -> Bool {
    do throws(ArchiveError) {
      return .message(try archive.open(SealedRecord(decoding: test.bytes("record")))) == entry
    } catch {
      if case .message = entry { return false }
      return error == .notAMessage
    }
  }

  private static func isRefusal(_ error: ArchiveError, of test: JSONCase) -> Bool {
    test.flag("valid") == false && "\(error)".prefix { $0 != "(" } == test.text("error") ?? ""
  }
}
