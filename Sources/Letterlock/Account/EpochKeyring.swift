internal import CryptoCore
internal import TLSCodec

/// The epoch roots a device knows, and what it thinks of the epochs whose roots it does not. SPEC.md
/// section 4.4.
package struct EpochKeyring: ~Copyable, Sendable {
  let account: AccountID
  private(set) var roots: [UInt64: SecretKey] = [:]
  /// What is wrong with an epoch that this device could not accept.
  package private(set) var faults: [UInt64: EpochFault] = [:]

  package init(account: AccountID) { self.account = account }

  /// Takes a root that this device stored itself.
  mutating func restore(_ root: SecretKey, epoch: UInt64) { roots[epoch] = root }

  /// Takes what this device must remember about an epoch it did not accept.
  mutating func restore(_ fault: EpochFault, epoch: UInt64) { faults[epoch] = fault }

  /// The account that `create`'s derivations name: none, since its hash is not known before.
  static func bound(_ account: AccountID, epoch: UInt64) -> AccountID { epoch == 0 ? .none : account }

  func secrets(of epoch: UInt64) -> EpochSecrets? {
    roots[epoch].map { secrets(of: epoch, root: $0) }
  }

  private func secrets(of epoch: UInt64, root: SecretKey) -> EpochSecrets {
    EpochSecrets(account: Self.bound(account, epoch: epoch), number: epoch, root: root)
  }

  /// Judges an epoch with this device's wrap of its root, and takes every root it gives.
  ///
  /// Nothing is taken from a header whose private parts disagree. SPEC.md section 4.4.
  package mutating func admit(
    _ epoch: UInt64, of log: AccountLog, wrap: [UInt8]?, keys: DeviceKeys
  ) {
    let entry = log.epochs[Int(epoch)]
    guard roots[epoch] == nil, faults[epoch]?.isRelays ?? true else { return }
    switch judge(entry, of: log, wrap: wrap, keys: keys) {
    case .failure(let fault): faults[epoch] = fault
    case .success(let found):
      for (number, root) in found {
        roots[number] = root
        faults[number] = nil
      }
    }
  }

  private func judge(
    _ entry: AccountLog.Epoch, of log: AccountLog, wrap: [UInt8]?, keys: DeviceKeys
  ) -> Result<[UInt64: SecretKey], EpochFault> {
    let header = entry.header
    guard let wrap else { return .failure(.wrapMissing) }
    guard let wrapHash = entry.wrapHash(for: keys.deviceID) else { return .failure(.notARecipient) }
    guard EpochWrap.hash(wrap) == wrapHash else { return .failure(.wrapMissing) }
    let info = EpochWrap.info(
      header: header, account: Self.bound(account, epoch: header.number), recipient: keys.deviceID,
      sealingKey: keys.sealingKey)
    // For a wrap that came with `add`, whoever added the device is to blame, not the epoch's opener.
    let isOpeners = header.wraps.contains { $0.device == keys.deviceID }
    guard let root = keys.openWrap(wrap, info: info) else {
      return .failure(isOpeners ? .badWrap(by: entry.signer) : .wrapMissing)
    }
    guard secrets(of: header.number, root: root).agrees(with: header) else {
      return .failure(isOpeners ? .badCommitment(by: entry.signer) : .wrapMissing)
    }
    return walk(from: entry, root: root, in: log)
  }

  /// Follows links backward from an epoch, checking each against the log.
  private func walk(
    from entry: AccountLog.Epoch, root: SecretKey, in log: AccountLog
  ) -> Result<[UInt64: SecretKey], EpochFault> {
    var found = [entry.header.number: root]
    var waiting = [entry.header.number]
    while let number = waiting.popLast(), let root = found[number] {
      let secrets = secrets(of: number, root: root)
      for link in log.epochs[Int(number)].header.links where found[link.epoch] == nil {
        guard let earlier = secrets.open(link), isRoot(earlier, of: link.epoch, in: log) else {
          // A bad link in an older header is that header's fault, and was judged with it.
          guard number == entry.header.number else { continue }
          return .failure(.badLink(to: link.epoch, by: entry.signer))
        }
        found[link.epoch] = earlier
        waiting.append(link.epoch)
      }
    }
    let lost = roots.keys.filter { found[$0] == nil }
    guard lost.isEmpty else { return .failure(.unlinked(epochs: lost.sorted(), by: entry.signer)) }
    return .success(found)
  }

  private func isRoot(_ root: SecretKey, of epoch: UInt64, in log: AccountLog) -> Bool {
    if let known = roots[epoch] { return known.isEqual(to: root) }
    return secrets(of: epoch, root: root).agrees(with: log.epochs[Int(epoch)].header)
  }

  /// Whether every epoch up to the newest can be read, for a report.
  package func unreadable(in log: AccountLog) -> [UInt64] {
    (0..<UInt64(log.epochs.count)).filter { roots[$0] == nil }
  }

  /// The roots that the next header must link to, so that all known ones stay within reach.
  func rootsToLink(in log: AccountLog) -> [UInt64] {
    var reached: Set<UInt64> = []
    var needed: [UInt64] = []
    for number in roots.keys.sorted(by: >) where !reached.contains(number) {
      needed.append(number)
      var waiting = [number]
      while let current = waiting.popLast() {
        guard roots[current] != nil, reached.insert(current).inserted else { continue }
        waiting += log.epochs[Int(current)].header.links.map(\.epoch)
      }
    }
    return needed.sorted()
  }
}

/// Why a device does not seal under an epoch. SPEC.md section 4.4.
package enum EpochFault: Error, Hashable, Sendable {
  /// The relay gives no wrap for this device, or another than the log names.
  case wrapMissing
  /// The epoch began before this device could read.
  case notARecipient
  /// The wrap does not open.
  case badWrap(by: DeviceID)
  /// The root is not the one that the header commits to, or the inbox key does not follow from it.
  case badCommitment(by: DeviceID)
  /// A link does not hold the earlier root.
  case badLink(to: UInt64, by: DeviceID)
  /// Epochs that this device reads cannot be reached from this one.
  case unlinked(epochs: [UInt64], by: DeviceID)

  /// Whether the relay may still mend it by giving the right bytes.
  var isRelays: Bool { self == .wrapMissing }
}
