import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat

@Suite("What an error says to a person")
struct ErrorReasonTests {
  private static let device = DeviceID(unchecked: [UInt8](repeating: 7, count: 32))

  private static func history() throws -> [HistoryError] {
    let checkpoint = try Checkpoint(
      account: .none, treeSize: 1, treeRoot: .zero, logHead: LogHead(unchecked: device.bytes), at: 1,
      by: CheckpointKey())
    return [
      .unknownAuthor(device), .badSignature(device), .unknownLogHead(device), .authorNotActive(device),
      .staleLogHead(device), .deviceCloned(device), .brokenChain(device), .badKnownCheckpoint(device),
      .knownCheckpointTooOld(device), .otherHistory(device, checkpoint), .wrongRecordCount,
      .tampered(leaf: 3), .otherLeaves(leaf: 3), .wrongEpoch(leaf: 3), .notInHistory(leaf: 3),
      .notAskedFor(leaf: 3), .badErasure(device), .epochOfOtherHistory(epoch: 2), .timeWentBack,
    ]
  }

  private static let log: [AccountLogError] = [
    .malformed(.trailingBytes), .misplacedCreate, .wrongAccount, .wrongPredecessor, .wrongIndex,
    .signerNotActive(device), .wrongSigners, .wrongApprovers, .badSignature(device), .bundleNotSigned,
    .unusableKey(device), .tooManyDevices, .deviceKnown(device), .wrongLeavers, .deviceNotActive(device),
    .notRemovable(device), .wrongRotation, .wrongEpochNumber, .wrongRecipients, .wrongLinks, .treeShrank,
    .treeChanged, .wrongVersion, .noCheckpointKey, .announcementStands, .noAnnouncement, .wrongCoolingOff,
    .tooSoon, .wrongKept,
  ]

  private static let archive: [ArchiveError] = [
    .malformed, .unknownVersion(2), .unreadableEpoch(EpochReference(unchecked: Array(0..<16))),
    .authenticationFailed, .epochRefused(by: device), .deviceRemoved, .stateRolledBack, .forked,
    .accountErased, .messageTooLong, .notAMessage, .internalError("place"),
  ]

  private static let relay: [RelayError] = [
    .unknownAccount, .accountExists, .staleLogHead(newest: LogHead(unchecked: device.bytes)),
    .staleHistory(treeSize: 3), .recoveryUnderway(retryAfter: .seconds(1)),
    .removalUnderway(retryAfter: .seconds(1)), .tooManyEntries(retryAfter: .seconds(1)), .wrongWraps,
    .blobRefused, .unknownBlob, .tooLarge, .unavailable("the disk is full"), .corrupted("a row is short"),
    .internalError("place"), .erasureRefused(.tooSoon),
  ]

  @Test func `a reason is words, and neither a rule's name nor a type's`() throws {
    let evidence: [RelayEvidenceError] = [
      .notAnAccount, .otherAccount, .notSigned, .proofFails, .noContradiction,
    ]
    let history = try Self.history()
    let errors: [DeviceError] =
      Self.log.map { .logRefused($0) } + Self.archive.map { .archive($0) } + Self.relay.map { .relay($0) }
      + history.map { .relay(.batchRefused($0)) } + Self.log.map { .relay(.entryRefused($0)) }
      + [.store(.corrupted("a row is short")), .vault(.corrupted), .historyRefused(.reordered), .removed]
    let reasons =
      errors.map(\.reason) + evidence.map(\.reason) + history.map(\.reason) + Self.log.map(\.reason)
      + Self.archive.map(\.reason) + Self.relay.map(\.reason)
    for reason in reasons {
      #expect(reason.contains(" ") && !reason.hasSuffix("."), "\(reason)")
      #expect(reason.firstMatch(of: /[a-z][A-Z]|[a-z]\(/) == nil, "\(reason)")
    }
  }
}
