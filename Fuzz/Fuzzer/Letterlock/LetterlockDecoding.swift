import CryptoCore
import Foundation
@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
import TLSCodec

/// Everything that this library reads, from a relay, a file or a person: whatever decodes encodes to the same bytes.
struct LetterlockDecoding: DecodingTarget {
  let seeds: [[UInt8]]

  init() throws { seeds = try Self.makeSeeds() }

  static func samples() throws -> [[UInt8]] { try FuzzedAccount().samples() }

  static let formats: [Format] =
    account + history + relay + device + [
      ("SealedRecord", { (try? SealedRecord(decoding: $0))?.bytes == $0 }), ("ArchiveEntry", acceptsEntry),
      ("JoinCode", { (try? JoinCode(parsing: String(decoding: $0, as: UTF8.self))) != nil }),
      ("RecoveryKey", acceptsRecoveryKey),
      ("Timestamp", { Timestamp(rfc3339: String(decoding: $0, as: UTF8.self)) != nil }),
      ("SMSSegments", acceptsText),
      ("KeyFile", acceptsKeyFile),
    ]

  private static let account: [Format] = [
    format(LogEntry.self), format(LogEntryContent.self), format(AccountChange.self),
    format(DeviceKeyBundle.self),
    format(EpochHeader.self), format(EpochLink.self), format(StoredWrap.self), format(SafetyCode.self),
    format(AccountErasure.self), format(CompletedErasure.self), format(LogProjection.self),
    format(JoinOffer.self), format(JoinAnswer.self),
  ]

  private static let history: [Format] = [
    format(SignedBatch.self), format(Checkpoint.self), format(LeafHashes.self), format(HistoryTree.self),
    format(History.self), format(InclusionProof.self), format(ConsistencyProof.self),
    format(LeavesProof.self),
    format(RelayEvidence.self), format(LeafIndexRanges.self),
  ]

  private static let relay: [Format] = [
    format(StreamQuery.self), format(StreamPage.self), format(StreamListing.self), format(PartialBatch.self),
    format(PartialRecord.self), format(BlobUpload.self), format(BlobRemoval.self),
  ]

  private static let device: [Format] = [
    format(VaultState.self), format(DeviceJournal.self), format(DeviceDirectory.self),
    format(DeviceProgress.self),
    format(SyncSettings.self), format(DataUsage.self),
  ]

  private static func acceptsEntry(_ bytes: [UInt8]) -> Bool {
    guard let entry = try? ArchiveEntry(decodingArchiveEntry: bytes) else { return false }
    require((try? entry.padded()) == bytes, "ArchiveEntry does not encode to what it was decoded from")
    return true
  }

  private static func acceptsText(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    let segments = SMSEncoding(needsFor: text).segments(of: text)
    require(segments.joined() == text, "segments")
    return segments.count > 1
  }

  private static func acceptsRecoveryKey(_ bytes: [UInt8]) -> Bool {
    guard let parsed = try? RecoveryKey.parse(String(decoding: bytes, as: UTF8.self)) else { return false }
    _ = consume parsed
    return true
  }

  /// A key file that nothing seals: one that a passphrase seals costs as much memory as it says.
  private static func acceptsKeyFile(_ bytes: [UInt8]) -> Bool {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(getpid()).key").path
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else { return false }
    return (try? FileKeyVault(path: path).load()) != nil
  }
}
