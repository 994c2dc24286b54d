/// A part of an application that has data in a group.
///
/// Every member's component must come to the same result: what it says depends on its arguments and on nothing else. It
/// may be asked several times about one commit. draft-ietf-mls-extensions, section "The Safe Application Interface".
public protocol ApplicationComponent: Sendable {
  /// Its number, which no other component of the application has.
  var componentID: ComponentID { get }

  /// Whether it understands additional authenticated data of its own. False, if not implemented.
  var understandsSafeAAD: Bool { get }

  /// What the component's data in the GroupContext becomes. The newest update takes its place, if not implemented.
  /// - Parameters:
  ///   - current: What it is; nil if there is none.
  ///   - updates: The commit's updates, in its order: at least one.
  /// - Throws: Any error, if an update is not valid: the commit is then refused.
  func data(_ current: [UInt8]?, after updates: [ComponentMessage]) throws -> [UInt8]

  /// Whether somebody may remove the component's data from the GroupContext. Yes, if not implemented.
  func mayRemove(_ current: [UInt8], _ sender: Sender) -> Bool

  /// Whether data that comes with a commit is valid. Yes, if not implemented.
  func accepts(_ ephemeral: ComponentMessage) -> Bool
}

extension ApplicationComponent {
  /// False.
  public var understandsSafeAAD: Bool { false }
  /// The newest update.
  public func data(_ current: [UInt8]?, after updates: [ComponentMessage]) throws -> [UInt8] {
    updates.last?.data ?? current ?? []
  }
  /// Yes.
  public func mayRemove(_ current: [UInt8], _ sender: Sender) -> Bool { true }
  /// Yes.
  public func accepts(_ ephemeral: ComponentMessage) -> Bool { true }
}

/// A component that takes whatever members say: its data is the newest update.
public struct PlainComponent: ApplicationComponent {
  /// Its number.
  public let componentID: ComponentID
  /// Whether it understands additional authenticated data of its own.
  public let understandsSafeAAD: Bool

  /// A component of a number.
  public init(_ componentID: ComponentID, understandsSafeAAD: Bool = false) {
    self.componentID = componentID
    self.understandsSafeAAD = understandsSafeAAD
  }
}

/// What somebody sent to a component with a proposal.
public struct ComponentMessage: Hashable, Sendable {
  /// Whose data it is.
  public let componentID: ComponentID
  /// The data.
  public let data: [UInt8]
  /// Who made the proposal: for one by value, the committer.
  public let sender: Sender
}
