internal import CryptoCore
internal import Synchronization

/// A commit that was verified and not merged yet: what it would change can be looked at. RFC 9420 section
/// 12.4.2.
public struct StagedCommit: Sendable {
  /// Who made the commit.
  public let committer: Sender
  /// Who joins, with the leaf that each would have.
  public let added: [Group.Member]
  /// Who leaves, with the leaf that each had.
  public let removed: [Group.Member]
  /// Whose leaf is replaced: by an Update, or by the committer's path.
  public let updated: [Group.Member]
  /// Which pre-shared keys go in.
  public let preSharedKeys: [PreSharedKeyID]
  /// The GroupContext extensions, if they change.
  public let extensions: [Extension]?
  /// What came for components with the commit, in its order. draft-ietf-mls-extensions, section "Attaching Application
  /// Data to a Commit".
  public let componentMessages: [ComponentMessage]
  /// The updates of components' data, in the commit's order, and who made them; what became of them is in the
  /// extensions. draft-ietf-mls-extensions, section "Updating Application Data in the GroupContext".
  public let componentUpdates: [ComponentMessage]
  /// What the group is re-initialised to, if it is.
  public let reInit: ReInit?
  /// Whether this member is removed: merging then closes the group.
  public let removesOwnMember: Bool
  /// What the application authenticated with the commit.
  public let authenticatedData: [UInt8]

  let groupID: [UInt8]
  let baseEpoch: UInt64
  /// The epoch that begins; nothing if this member is removed, or once the commit was merged: who keeps a commit to look
  /// at it keeps no secrets. RFC 9420 section 9.2.
  let next: StagedEpoch
  /// The former signature keys of the leaves that change.
  let formerKeys: [LeafIndex: SignaturePublicKey?]

  init(
    _ change: ProposedChange, committer: Sender, joiner: LeafIndex? = nil, base: EpochState,
    next: EpochState?, authenticatedData: [UInt8] = []
  ) {
    func member(_ index: LeafIndex) -> Group.Member? {
      (next?.tree ?? change.tree)[index].map { Group.Member(index: index, leaf: $0) }
    }
    let path = [committer.leaf, joiner].compactMap(\.self)
    self.committer = committer
    added = (change.added.map(\.leaf) + (joiner.map { [$0] } ?? [])).compactMap(member)
    removed = change.removed.map { Group.Member(index: $0.leaf, leaf: $0.node) }
    let renewed = committer.leaf.flatMap { leaf in member(leaf)?.leaf == base.tree[leaf] ? nil : leaf }
    updated = (change.updated + (renewed.map { [$0] } ?? [])).compactMap(member)
    preSharedKeys = change.preSharedKeys
    extensions = change.extensions == base.context.extensions ? nil : change.extensions
    componentMessages = change.components.messages
    componentUpdates = change.components.updates
    reInit = change.reInit
    removesOwnMember = next == nil
    self.authenticatedData = authenticatedData
    groupID = base.context.groupID
    baseEpoch = base.context.epoch
    self.next = StagedEpoch(next)
    var formerKeys: [LeafIndex: SignaturePublicKey?] = [:]
    for leaf in change.added.map(\.leaf) + change.removed.map(\.leaf) + change.updated + path {
      formerKeys.updateValue(base.tree[leaf]?.signatureKey, forKey: leaf)
    }
    self.formerKeys = formerKeys
  }
}

// RFC 9420 section 12.4.2, "consider the new GroupContext object as the current state of the group".
extension Group {
  /// Takes a verified commit into effect. Secrets of the epoch before are kept as far as the settings say.
  /// - Throws: `GroupError.wrongEpoch` if another commit was merged meanwhile.
  public mutating func merge(_ commit: StagedCommit) throws(GroupError) {
    guard commit.groupID == id else { throw .wrongGroup }
    guard commit.baseEpoch == epoch else { throw .wrongEpoch }
    let next = commit.next.take()
    guard next != nil || commit.removesOwnMember else { throw .wrongEpoch }
    proposals = []
    updateKeys = [:]
    pending = nil
    externalCommit = nil
    unsaved.state = true
    guard let next else { return leave() }
    pastEpochs.append(
      PastEpoch(
        epoch: epoch, context: state.context, protection: state.protection, formerKeys: commit.formerKeys))
    let excess = pastEpochs.count - max(0, client.settings.keptEpochs)
    if excess > 0 { pastEpochs.removeFirst(excess) }
    state = next
    reInit = commit.reInit
    if reInit != nil { state.forgetComponents() }
    keepResumptionKey()
  }

  /// Forgets what a removed member has no use for: messages of the epochs until now may still be on their way.
  private mutating func leave() {
    wasRemoved = true
    state.keys = TreePrivateKeys(leaf: ownIndex, leafKey: state.keys.leafKey)
    state.forgetComponents()
  }

  /// The signature key that a leaf had in a past epoch.
  func signatureKey(of leaf: LeafIndex, inPastEpochAt place: Int) -> SignaturePublicKey? {
    for past in pastEpochs[place...] {
      if let former = past.formerKeys[leaf] { return former }
    }
    return state.tree[leaf]?.signatureKey
  }
}

/// The epoch that a commit begins, until it is taken.
final class StagedEpoch: Sendable {
  private let content: Mutex<EpochState?>

  init(_ state: EpochState?) { content = Mutex(state) }

  /// The epoch, if nobody took it.
  var state: EpochState? { content.withLock { $0 } }

  /// Takes it out.
  func take() -> EpochState? {
    content.withLock { state in
      defer { state = nil }
      return state
    }
  }
}

extension EpochState {
  /// Forgets what components would have got of the epoch: the group is closed.
  fileprivate mutating func forgetComponents() {
    exporter = ExporterTree(nodes: [:])
    secrets.externalSecret = SecretKey(copying: [])
  }
}
