package import LetterlockFormat
internal import LetterlockRelayKit

/// Every error of a relay, and within each every case: for tests of what carries them.
package enum RelayErrorSamples {
  package static func all() async throws -> [RelayError] {
    let relay = try InMemoryRelay()
    var account = try await TestAccount(at: relay)
    let checkpoint = try await account.send([account.record(1)], to: relay).checkpoint
    let order = try AccountErasure(of: checkpoint, at: .now, by: account.recovery)
    let completed = CompletedErasure(order: order, final: checkpoint)
    let device = account.keys.deviceID
    return [
      .unknownAccount, .accountExists, .staleLogHead(newest: account.log.head),
      .staleHistory(treeSize: 1 << 40), .recoveryUnderway(retryAfter: .seconds(600)),
      .removalUnderway(retryAfter: .nanoseconds(2_999_999_999)), .tooManyEntries(retryAfter: .zero),
      .lostPartRefused, .wrongWraps, .blobRefused, .unknownBlob, .tooLarge,
      .quotaExceeded(RelayUsage(log: 1, records: 2, blobs: 3, quota: .max)), .accountErased(completed),
      .unavailable("The disk is full: \u{e9}\n\"x\"."), .corrupted(""), .internalError("place"),
    ] + entryErrors(device).map { .entryRefused($0) }
      + historyErrors(device, checkpoint).map { .batchRefused($0) }
      + erasureRefusals(device).map { .erasureRefused($0) }
  }

  private static func entryErrors(_ device: DeviceID) -> [AccountLogError] {
    [
      .malformed(.truncated), .malformed(.trailingBytes), .malformed(.nonMinimalLength),
      .malformed(.lengthTooLong), .malformed(.unknownValue), .malformed(.invalidValue),
      .malformed(.notAscending), .misplacedCreate, .wrongAccount, .wrongPredecessor, .wrongIndex,
      .signerNotActive(device), .wrongSigners, .wrongApprovers, .badSignature(device), .bundleNotSigned,
      .unusableKey(device), .tooManyDevices, .deviceKnown(device), .wrongLeavers, .deviceNotActive(device),
      .notRemovable(device), .wrongRotation, .wrongEpochNumber, .wrongRecipients, .wrongLinks, .treeShrank,
      .treeChanged, .wrongVersion, .noCheckpointKey, .announcementStands, .noAnnouncement,
      .wrongCoolingOff, .tooSoon, .wrongKept,
    ]
  }

  private static func historyErrors(_ device: DeviceID, _ checkpoint: Checkpoint) -> [HistoryError] {
    [
      .unknownAuthor(device), .badSignature(device), .unknownLogHead(device), .authorNotActive(device),
      .staleLogHead(device), .deviceCloned(device), .brokenChain(device), .badKnownCheckpoint(device),
      .knownCheckpointTooOld(device), .otherHistory(device, checkpoint), .wrongRecordCount,
      .tampered(leaf: 1), .otherLeaves(leaf: 2), .wrongEpoch(leaf: 3), .notInHistory(leaf: 4),
      .notAskedFor(leaf: .max), .badErasure(device), .epochOfOtherHistory(epoch: 6), .timeWentBack,
    ]
  }

  private static func erasureRefusals(_ device: DeviceID) -> [ErasureRefusal] {
    [.badCheckpoint, .otherState, .signerNotActive(device), .badSignature(device), .badFinal, .tooSoon]
  }
}
