internal import TLSCodec

/// An entry of a log that is shown in part.
///
/// ```
/// struct {
///   LogEntryContent content;
///   EntrySignature signatures<V>;   none where the entry changes no membership
/// } ProjectedEntry;
/// ```
/// SPEC.md section 3.8.
package struct ProjectedEntry: WireCodable, Hashable, Sendable {
  package var content: LogEntryContent
  package var signatures: [EntrySignature]

  package init(content: LogEntryContent, signatures: [EntrySignature]) {
    self.content = content
    self.signatures = signatures
  }

  static let wire = WireFormat(Self.init, field(\.content), field(\.signatures))

  /// Whether the next entry, or the head, vouches for it, since it changes no membership.
  var isVouchedFor: Bool {
    switch content.change {
    case .rotate, .epoch, .update: true
    default: false
    }
  }
}

/// A log without what tells of the account's epochs: it shows who a person's devices are, and not how many messages
/// there are.
///
/// ```
/// struct {
///   uint8 version;
///   opaque account[32];
///   ProjectedEntry entries<V>;      all, from create on
///   EpochHeaderPublicPart epoch;    of the newest epoch
/// } LogProjection;
/// ```
/// SPEC.md section 3.8.
package struct LogProjection: WireCodable, Hashable, Sendable {
  package var version: FormatVersion
  package var account: AccountID
  package var entries: [ProjectedEntry]
  package var epoch: EpochHeaderPublicPart

  private init(
    version: FormatVersion, account: AccountID, entries: [ProjectedEntry], epoch: EpochHeaderPublicPart
  ) {
    self.version = version
    self.account = account
    self.entries = entries
    self.epoch = epoch
  }

  static let wire = WireFormat(
    Self.init, field(\.version), field(\.account), field(\.entries), field(\.epoch))

  /// What is shown of `log`, whose entries these are.
  package init(of log: AccountLog, _ entries: [LogEntry]) {
    let projected = entries.map { entry in
      var projected = ProjectedEntry(content: entry.content, signatures: entry.signatures)
      if projected.isVouchedFor { projected.signatures = [] }
      return projected
    }
    self.init(
      version: .newest, account: log.account, entries: projected, epoch: log.newestEpoch.header.publicPart)
  }
}

/// What a projection shows of an account.
package struct ProjectedAccount: Sendable, Hashable {
  /// A device of the account.
  package struct Device: Sendable, Hashable {
    /// What it signs with.
    package let signingKeys: SigningKeys
    /// Whether it may act and read.
    package let isActive: Bool
  }

  /// Every device that is, or ever was, part of the account.
  package let devices: [DeviceID: Device]
  /// The device that the recovery key derives.
  package let recoveryDevice: DeviceID
  /// The recovery approvers.
  package let approvers: Set<DeviceID>
  /// Whom others deposit messages to.
  package let inboxKey: SealingKey
}

/// Why a projection is refused. SPEC.md section 3.8 numbers the rules.
package enum LogProjectionError: Error, Hashable, Sendable {
  /// An entry breaks a rule of the log. Rules 1 to 3.
  case entry(AccountLogError)
  /// It does not end with the head that is known. Rule 1.
  case otherHead
  /// An entry that changes no membership has signatures. Rule 2.
  case needlessSignatures
  /// The newest epoch is another. Rule 4.
  case otherEpoch
}

/// Verifying a projection. SPEC.md section 3.8.
extension LogProjection {
  /// Checks the projection against a head that is known from elsewhere.
  package func verify(head: LogHead) throws(LogProjectionError) -> ProjectedAccount {
    let members = try replay()
    guard members.account == account else { throw .entry(.wrongAccount) }
    guard entries.last?.content.head == head else { throw .otherHead }
    let newest = entries.last { $0.content.change.committedEpoch != nil }
    guard newest?.content.change.committedEpoch?.hash == epoch.hash else { throw .otherEpoch }
    return ProjectedAccount(
      devices: members.all.mapValues {
        ProjectedAccount.Device(signingKeys: $0.bundle.signingKeys, isActive: $0.isActive)
      }, recoveryDevice: members.recoveryDevice, approvers: members.approvers, inboxKey: epoch.inboxKey)
  }

  private func replay() throws(LogProjectionError) -> AccountMembers {
    guard let create = entries.first else { throw .entry(.misplacedCreate) }
    var members: AccountMembers
    do throws(AccountLogError) {
      members = try AccountMembers(create: create.content, signatures: create.signatures)
    } catch { throw .entry(error) }
    for (place, entry) in entries.enumerated().dropFirst() {
      guard !entry.isVouchedFor || entry.signatures.isEmpty else { throw .needlessSignatures }
      do throws(AccountLogError) {
        try Self.append(entry, at: place, after: entries[place - 1].content.head, to: &members)
      } catch { throw .entry(error) }
    }
    return members
  }

  private static func append(
    _ entry: ProjectedEntry, at place: Int, after head: LogHead, to members: inout AccountMembers
  ) throws(AccountLogError) {
    let content = entry.content
    guard content.predecessor == head else { throw .wrongPredecessor }
    guard content.index == UInt64(place) else { throw .wrongIndex }
    if entry.isVouchedFor {
      try members.checkSigner(of: content)
    } else {
      try members.checkSigners(of: content, entry.signatures)
    }
    // How many records there were it does not show.
    members.apply(try members.change(by: content, entry.signatures, treeSize: 0))
  }
}
