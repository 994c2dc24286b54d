internal import TLSCodec

/// Which components somebody has, or a group requires. draft-ietf-mls-extensions, section "Negotiating Extensions and
/// Components".
struct ComponentSupport: Sendable {
  private var components: Set<ComponentID> = []
  private var safeAAD: Set<ComponentID> = []

  /// What the dictionary among a leaf's or a group's extensions says; nothing if there is none.
  init(in extensions: [Extension]) throws(GroupError) {
    guard let data = extensions.data(of: .appDataDictionary) else { return }
    do throws(TLSError) {
      let dictionary = try AppDataDictionary(decoding: data)
      components = try Self.list(.appComponents, in: dictionary)
      safeAAD = try Self.list(.safeAAD, in: dictionary)
    } catch { throw .invalid(.appDataDictionaryInvalid) }
  }

  private static func list(
    _ component: ComponentID, in dictionary: AppDataDictionary
  ) throws(TLSError) -> Set<ComponentID> {
    guard let data = dictionary[component] else { return [] }
    return Set(try ComponentsList(decoding: data).componentIDs)
  }

  /// Whether everything that a group requires is there.
  func covers(_ required: ComponentSupport) -> Bool {
    required.components.isSubset(of: components) && required.safeAAD.isSubset(of: safeAAD)
  }
}

extension GroupContext {
  /// Whether all authenticated data is a `SafeAAD`.
  var demandsSafeAAD: Bool { (try? extensions.appDataDictionary()?[.safeAAD]) != nil }
}

/// What components make of a list of proposals. draft-ietf-mls-extensions, sections "Updating Application Data in the
/// GroupContext" and "Attaching Application Data to a Commit".
struct ComponentRules: Sendable {
  private let components: [any ApplicationComponent]
  private let tree: RatchetTree
  private let context: GroupContext
  private let scene: ComponentContext
  /// Of who joins by the commit.
  private let joiner: Credential?

  /// - Parameters:
  ///   - tree: Before the commit.
  ///   - context: Before the commit.
  init(
    _ client: Client, _ tree: RatchetTree, _ context: GroupContext, joiner: Credential?
  ) throws(GroupError) {
    components = client.components
    self.tree = tree
    self.context = context
    self.joiner = joiner
    let data = try asGroupError { () throws(TLSError) in try context.extensions.appDataDictionary() }
    scene = ComponentContext(
      groupID: context.groupID, epoch: context.epoch, componentData: data ?? AppDataDictionary())
  }

  /// The extensions with what components make of them, and what came for them. AppEphemerals are looked at first.
  /// - Parameter replaced: The extensions after a GroupContextExtensions of the list.
  func apply(
    _ list: ProposalList, to replaced: [Extension]
  ) throws(GroupError) -> (extensions: [Extension], messages: [ComponentMessage]) {
    try checkDictionaryKept(replaced)
    var messages: [ComponentMessage] = []
    var changes: [ComponentID: [Change]] = [:]
    for item in list.items {
      switch item.proposal {
      case .appEphemeral(let ephemeral):
        messages.append(try message(ephemeral.componentID, ephemeral.data, item.sender))
      case .appDataUpdate(let update):
        changes[update.componentID, default: []].append((update.operation, item.sender))
      default: break
      }
    }
    for message in messages {
      guard try logic(of: message.componentID).accepts(message, in: scene) else {
        throw .invalid(.componentDataRefused)
      }
    }
    guard !changes.isEmpty else { return (replaced, messages) }
    var dictionary =
      try asGroupError { () throws(TLSError) in try replaced.appDataDictionary() } ?? AppDataDictionary()
    for (component, changes) in changes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      dictionary[component] = try data(of: component, dictionary[component], after: changes)
    }
    return (replaced.replacing(dictionary), messages)
  }

  private typealias Change = (operation: AppDataUpdate.Operation, sender: Sender)

  /// "When an MLS group contains the AppDataUpdate proposal type in the proposal_types list in the group's
  /// required_capabilities extension, a GroupContextExtensions proposal MUST NOT add, remove, or modify the
  /// app_data_dictionary GroupContext extension."
  private func checkDictionaryKept(_ replaced: [Extension]) throws(GroupError) {
    let former = context.extensions
    let required = try asGroupError { () throws(TLSError) in try former.requiredCapabilities() }
    guard required?.proposalTypes.contains(.appDataUpdate) == true else { return }
    guard replaced.data(of: .appDataDictionary) == former.data(of: .appDataDictionary) else {
      throw .invalid(.appDataDictionaryReplaced)
    }
  }

  /// "An AppDataUpdate proposal is invalid if its component_id references a component that is not known to the
  /// application".
  private func logic(of component: ComponentID) throws(GroupError) -> any ApplicationComponent {
    guard let logic = components.first(where: { $0.componentID == component }) else {
      throw .invalid(.componentUnknown)
    }
    return logic
  }

  private func message(
    _ component: ComponentID, _ data: [UInt8], _ sender: Sender
  ) throws(GroupError) -> ComponentMessage {
    let credential: Credential? =
      switch sender {
      case .member(let leaf): tree[leaf]?.credential
      case .external(let index): try credential(ofExternalSender: index)
      case .newMemberCommit: joiner
      case .newMemberProposal: nil
      }
    return ComponentMessage(componentID: component, data: data, sender: sender, credential: credential)
  }

  private func credential(ofExternalSender index: UInt32) throws(GroupError) -> Credential? {
    let senders = try asGroupError { () throws(TLSError) in try context.extensions.externalSenders() }
    return senders.indices.contains(Int(index)) ? senders[Int(index)].credential : nil
  }

  /// A component's data after a list's changes of it; nil if it is removed.
  private func data(
    of component: ComponentID, _ current: [UInt8]?, after changes: [Change]
  ) throws(GroupError) -> [UInt8]? {
    let logic = try logic(of: component)
    var updates: [ComponentMessage] = []
    for case (.update(let update), let sender) in changes {
      updates.append(try message(component, update, sender))
    }
    // "(a) a single remove operation or (b) one or more update operations".
    guard updates.count == changes.count || changes.count == 1 else {
      throw .invalid(.componentChangesConflict)
    }
    guard updates.isEmpty else {
      guard let new = try? logic.data(current, after: updates, in: scene) else {
        throw .invalid(.componentDataRefused)
      }
      return new
    }
    guard let current else { throw .invalid(.componentDataMissing) }
    for change in changes {
      let removal = try message(component, [], change.sender)
      guard logic.mayRemove(current, removal, in: scene) else { throw .invalid(.componentDataRefused) }
    }
    return nil
  }
}
