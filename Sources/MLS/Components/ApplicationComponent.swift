/// A part of an application that has data in a group.
///
/// Every member's component must come to the same result: what it says depends on its arguments and on nothing else. It
/// may be asked several times about one commit, and about commits that are refused for other reasons.
/// draft-ietf-mls-extensions, section "The Safe Application Interface".
public protocol ApplicationComponent: Sendable {
  /// Its number, which no other component of the application has.
  var componentID: ComponentID { get }

  /// Whether it understands additional authenticated data of its own. False, if not implemented.
  var understandsSafeAAD: Bool { get }

  /// What the component's data in the GroupContext becomes.
  /// - Parameters:
  ///   - current: What it is, after a GroupContextExtensions of the same commit; nil if there is none.
  ///   - updates: The commit's updates, in its order: at least one.
  ///   - group: The group before the commit.
  /// - Throws: Any error, if an update is not valid: the commit is then refused, with
  ///   `ValidationError.componentDataRefused`.
  func data(
    _ current: [UInt8]?, after updates: [ComponentMessage], in group: ComponentContext
  ) throws -> [UInt8]

  /// Whether somebody may remove the component's data from the GroupContext. No, if not implemented.
  /// - Parameters:
  ///   - current: What it is.
  ///   - removal: Who removes it; without data.
  ///   - group: The group before the commit.
  func mayRemove(_ current: [UInt8], _ removal: ComponentMessage, in group: ComponentContext) -> Bool

  /// Whether a GroupContextExtensions may put other data, or none, in the place of the component's, as if it were no
  /// data of a component. No, if not implemented: whoever replaces the extensions then keeps the entry as it is.
  /// - Parameters:
  ///   - current: What it is; nil if there is none.
  ///   - new: What it would be; nil if it would go.
  ///   - replacement: Who replaces it; without data.
  ///   - group: The group before the commit.
  func mayReplace(
    _ current: [UInt8]?, with new: [UInt8]?, _ replacement: ComponentMessage, in group: ComponentContext
  ) -> Bool

  /// Whether data that comes with a commit is valid. No, if not implemented.
  /// - Parameter group: The group before the commit.
  func accepts(_ ephemeral: ComponentMessage, in group: ComponentContext) -> Bool
}

extension ApplicationComponent {
  /// False.
  public var understandsSafeAAD: Bool { false }
  /// No.
  public func mayRemove(_ current: [UInt8], _ removal: ComponentMessage, in group: ComponentContext) -> Bool {
    false
  }
  /// No.
  public func mayReplace(
    _ current: [UInt8]?, with new: [UInt8]?, _ replacement: ComponentMessage, in group: ComponentContext
  ) -> Bool { false }
  /// No.
  public func accepts(_ ephemeral: ComponentMessage, in group: ComponentContext) -> Bool { false }
}

/// A component that takes what it is told: its data is the newest update, and may be removed and replaced.
public struct PlainComponent: ApplicationComponent {
  /// Its number.
  public let componentID: ComponentID
  /// Whether it understands additional authenticated data of its own.
  public let understandsSafeAAD: Bool
  /// The most bytes that are taken, for everybody keeps and signs the group's data. All members' applications have the
  /// same limit.
  public let maximumByteCount: Int
  /// Whether it is told by members only: not by who joins with the commit, and not by external senders.
  public let membersOnly: Bool

  /// Why an update is not taken.
  public enum Refusal: Error, Hashable, Sendable {
    /// It is longer than the component takes.
    case tooLong
    /// Somebody else than a member made it.
    case notByMember
  }

  /// A component of a number.
  public init(
    _ componentID: ComponentID, understandsSafeAAD: Bool = false, maximumByteCount: Int = 65_536,
    membersOnly: Bool = true
  ) {
    self.componentID = componentID
    self.understandsSafeAAD = understandsSafeAAD
    self.maximumByteCount = maximumByteCount
    self.membersOnly = membersOnly
  }

  private func check(_ message: ComponentMessage) throws(Refusal) {
    guard message.data.count <= maximumByteCount else { throw .tooLong }
    guard !membersOnly || message.sender.leaf != nil else { throw .notByMember }
  }

  private func takes(_ message: ComponentMessage) -> Bool { (try? check(message)) != nil }

  /// The newest update.
  public func data(
    _ current: [UInt8]?, after updates: [ComponentMessage], in group: ComponentContext
  ) throws -> [UInt8] {
    for update in updates { try check(update) }
    return updates.last?.data ?? current ?? []
  }

  /// Yes, to those who may tell it anything.
  public func mayRemove(_ current: [UInt8], _ removal: ComponentMessage, in group: ComponentContext) -> Bool {
    takes(removal)
  }

  /// Yes, to those who may tell it anything.
  public func mayReplace(
    _ current: [UInt8]?, with new: [UInt8]?, _ replacement: ComponentMessage, in group: ComponentContext
  ) -> Bool { takes(replacement) && new?.count ?? 0 <= maximumByteCount }

  /// Yes, from those who may tell it anything.
  public func accepts(_ ephemeral: ComponentMessage, in group: ComponentContext) -> Bool { takes(ephemeral) }
}

/// What somebody sent to a component with a proposal: an AppDataUpdate or an AppEphemeral of draft-ietf-mls-extensions.
public struct ComponentMessage: Hashable, Sendable {
  /// Whose data it is.
  public let componentID: ComponentID
  /// The data.
  public let data: [UInt8]
  /// Who made the proposal: for one by value, the committer.
  public let sender: Sender
  /// Who that says it is: a member's credential as it was before the commit, an external sender's, or that of who joins
  /// by the commit. It is worth what the `AuthenticationService` has checked, and an external sender may carry the
  /// credential of a member. Nil for a client that proposes to be added.
  public let credential: Credential?
  /// The sender's signature key, with which it signed; nil where `credential` is.
  public let signatureKey: SignaturePublicKey?

  /// A message, as tests of components need it.
  public init(
    componentID: ComponentID, data: [UInt8], sender: Sender, credential: Credential?,
    signatureKey: SignaturePublicKey?
  ) {
    self.componentID = componentID
    self.data = data
    self.sender = sender
    self.credential = credential
    self.signatureKey = signatureKey
  }
}

/// A group as it was before a commit, for the components that judge the commit.
public struct ComponentContext: Hashable, Sendable {
  /// The group's identifier.
  public let groupID: [UInt8]
  /// The epoch that the commit ends.
  public let epoch: UInt64
  /// The data of all components, as it was.
  public let componentData: AppDataDictionary

  /// A group, as tests of components need it.
  public init(groupID: [UInt8], epoch: UInt64, componentData: AppDataDictionary) {
    self.groupID = groupID
    self.epoch = epoch
    self.componentData = componentData
  }
}
