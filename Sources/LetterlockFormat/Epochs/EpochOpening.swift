package import CryptoCore
internal import TLSCodec

/// A new epoch, made but not yet accepted by the log. SPEC.md section 4.3.
package struct EpochOpening: Sendable {
  package let epochSecret: SecretKey
  package let header: EpochHeader
  package let wraps: [StoredWrap]

  /// Draws an epoch secret, unless it is given, and wraps it for `recipients`, who are all the devices that are active
  /// afterwards. Links to the newest of `links`, which ascend, as many as a header may have.
  package init(
    epochSecret: SecretKey = SecretKey(random: 32), number: UInt64, account: AccountID,
    linking links: [(UInt64, SecretKey)], recipients: [DeviceID: SealingKey], treeSize: UInt64,
    treeRoot: Digest32
  ) throws(FormatError) {
    self.epochSecret = epochSecret
    let bound = EpochKeyring.bound(account, epoch: number)
    let schedule = EpochKeySchedule(account: bound, number: number, epochSecret: epochSecret)
    var sealed: [EpochLink] = []
    for (earlier, earlierSecret) in links.suffix(EpochHeader.maximumLinkCount) {
      sealed.append(try schedule.link(to: earlier, epochSecret: earlierSecret))
    }
    let unwrapped = EpochHeader(
      version: .newest, number: number, commitment: try Self.commitment(of: schedule),
      inboxKey: try schedule.inboxKey(), links: sealed, treeSize: treeSize, treeRoot: treeRoot,
      wraps: [])
    var wraps: [StoredWrap] = []
    for (device, key) in recipients.sorted(by: { $0.key < $1.key }) {
      // The log admits no key of no use. Should one be there all the same, it keeps nobody else out.
      let wrap =
        (try? EpochWrap.wrap(epochSecret, header: unwrapped, account: bound, for: device, sealingKey: key))
        ?? SecureRandom.bytes(EpochWrap.byteCount)
      wraps.append(StoredWrap(device: device, wrap: Opaque(wrap)))
    }
    self.wraps = wraps
    header = unwrapped.with(
      wraps: wraps.map { WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes)) })
  }

  private static func commitment(of schedule: EpochKeySchedule) throws(FormatError) -> Digest32 {
    do { return try schedule.commitment() } catch { throw .internalError("commitment") }
  }
}

extension EpochHeader {
  func with(wraps: [WrapDigest]) -> EpochHeader {
    EpochHeader(
      version: version, number: number, commitment: commitment, inboxKey: inboxKey, links: links,
      treeSize: treeSize, treeRoot: treeRoot, wraps: wraps)
  }
}
