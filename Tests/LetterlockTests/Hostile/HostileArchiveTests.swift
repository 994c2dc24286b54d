import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Hostile: one flipped bit in what is stored of a message")
struct HostileArchiveTests {
  @Test func `in a record`() throws {
    let device = try Device.createAccount(named: "Phone", vault: .inMemory).device
    let chat = device.archive.conversation(ConversationID())
    let record = try chat.seal(Household.text("Dinner at 7?"))
    for (index, bytes) in Flips(bytes: record.bytes, sample: 3) {
      let error = #expect(throws: ArchiveError.self, "byte \(index)") {
        try device.archive.open(SealedRecord(decoding: bytes))
      }
      switch error {
      case .unknownVersion: #expect(index == 0)
      case .unreadableEpoch: #expect((1..<17).contains(index))
      case .malformed: #expect((57..<59).contains(index))
      case .authenticationFailed: #expect(index >= 17)
      default: Issue.record("byte \(index): \(String(describing: error))")
      }
    }
    #expect(try device.archive.open(record).text == "Dinner at 7?")
  }

  @Test func `in a record cut at any length`() throws {
    let device = try Device.createAccount(named: "Phone", vault: .inMemory).device
    let record = try device.archive.conversation(ConversationID()).seal(Household.text("Dinner at 7?"))
    for count in 0..<record.bytes.count {
      #expect(throws: ArchiveError.malformed) { try SealedRecord(decoding: Array(record.bytes[..<count])) }
    }
    #expect(throws: ArchiveError.malformed) { try SealedRecord(decoding: record.bytes + [0]) }
  }

  @Test func `in a signed batch`() async throws {
    let house = try await Household()
    try house.mac.append(Household.text("second"), to: house.chat)
    try await house.mac.sync()
    let history = try house.phone.progress().history
    let page = try await house.relay.history(
      of: house.phone.account, from: history.tree.size, maximumByteCount: .max, as: house.phone.caller)
    let batch = try #require(page.batches.first)
    for (index, bytes) in Flips(bytes: batch.signedBatch.encoded, sample: 5) {
      // What does not even decode cannot come to stand in a history.
      guard let signedBatch = try? SignedBatch(decoding: bytes) else { continue }
      var next = history
      let error = #expect(throws: HistoryError.self, "byte \(index)") {
        try next.accept(
          HistoryBatch(
            firstLeaf: batch.firstLeaf, signedBatch: signedBatch, erasures: batch.erasures,
            leafHashes: batch.leafHashes,
            records: batch.records), of: house.phone.log)
      }
      switch error {
      case .badSignature(let author): #expect(author == house.mac.id)
      case .unknownAuthor(let author): #expect(author != house.mac.id && (33..<65).contains(index))
      default: Issue.record("byte \(index): \(String(describing: error))")
      }
      #expect(next == history)
    }
    var next = history
    try next.accept(batch, of: house.phone.log)
  }

  @Test func `in a record of the history, which names its leaf index`() async throws {
    let house = try await Household()
    try house.mac.append(Household.text("second"), to: house.chat)
    try await house.mac.sync()
    let history = try house.phone.progress().history
    let page = try await house.relay.history(
      of: house.phone.account, from: history.tree.size, maximumByteCount: .max, as: house.phone.caller)
    let batch = try #require(page.batches.first)
    let stored = try #require(batch.records.first)
    let record = try #require(stored)
    for (_, bytes) in Flips(bytes: record, sample: 7) {
      var next = history
      #expect(throws: HistoryError.tampered(leaf: history.tree.size)) {
        try next.accept(batch.replacing([bytes]), of: house.phone.log)
      }
      #expect(next == history)
    }
  }

  @Test func `in an attachment's chunks, even by who can make its digest fit`() throws {
    let account = AccountID(unchecked: SecureRandom.bytes(32))
    let (blob, key) = (BlobID(), SecretKey(random: 32))
    let content = SecureRandom.bytes(17_000)
    let padded = Int(Padding.attachmentByteCount(17_000))
    let sealed = try ChunkedEncryption.seal(
      content + [UInt8](repeating: 0, count: padded - content.count), suite: .cobblestone256, key: key,
      context: SealedSegments.context(account: account, blob: blob))
    func open(_ bytes: [UInt8], digestOf digested: [UInt8]? = nil) throws -> [UInt8] {
      let attachment = try Letterlock.Attachment(
        blob: blob, key: key, mediaType: "image/jpeg", byteCount: 17_000,
        digest: SegmentHasher.digest(of: digested ?? bytes).bytes)
      return try AttachmentOpening.open(bytes, as: attachment, account: account)
    }
    #expect(try open(sealed) == content)
    for (_, bytes) in Flips(bytes: sealed, bitsPerByte: 1, sample: 397) {
      #expect(throws: FormatError.attachmentUnreadable(blob)) { try open(bytes) }
      #expect(throws: FormatError.attachmentUnreadable(blob)) { try open(sealed, digestOf: bytes) }
    }
    for count in stride(from: 0, to: sealed.count, by: Flips.isThorough ? 16 : 4096) {
      #expect(throws: FormatError.attachmentUnreadable(blob)) { try open(Array(sealed[..<count])) }
    }
  }
}
