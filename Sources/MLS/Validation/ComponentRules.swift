internal import TLSCodec

/// Which components somebody has, or a group requires. draft-ietf-mls-extensions, section "Negotiating Extensions and
/// Components".
struct ComponentSupport: Sendable {
  private var components: Set<ComponentID> = []
  private var safeAAD: Set<ComponentID> = []

  /// Nothing.
  init() {}

  /// What the dictionary among a leaf's or a group's extensions says; nothing if there is none.
  init(in extensions: [Extension]) throws(GroupError) {
    let dictionary = try extensions.validDictionary()
    do throws(TLSError) {
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

  /// Whether nothing is there.
  var isEmpty: Bool { components.isEmpty && safeAAD.isEmpty }

  /// Whether all of these are there.
  func has(_ wanted: Set<ComponentID>) -> Bool { wanted.isSubset(of: components) }

  /// Whether everything that a group requires is there.
  func covers(_ required: ComponentSupport) -> Bool {
    required.components.isSubset(of: components) && required.safeAAD.isSubset(of: safeAAD)
  }
}

extension [Extension] {
  /// The components' data; empty if there is none.
  func validDictionary() throws(GroupError) -> AppDataDictionary {
    var dictionary = AppDataDictionary()
    do throws(TLSError) { dictionary = try appDataDictionary() ?? dictionary } catch {
      throw .invalid(.appDataDictionaryInvalid)
    }
    return dictionary
  }
}

/// What components make of a list of proposals. draft-ietf-mls-extensions, sections "Updating Application Data in the
/// GroupContext" and "Attaching Application Data to a Commit".
struct ComponentRules: Sendable {
  private let client: Client
  private let tree: RatchetTree
  private let context: GroupContext
  private let scene: ComponentContext
  private let externalSenders: [ExternalSender]
  private let joiner: Author?

  /// - Parameters:
  ///   - tree: Before the commit.
  ///   - context: Before the commit.
  ///   - joiner: Who joins by the commit.
  init(
    _ client: Client, _ tree: RatchetTree, _ context: GroupContext, joiner: Author?
  ) throws(GroupError) {
    self.client = client
    self.tree = tree
    self.context = context
    self.joiner = joiner
    externalSenders = try asGroupError { () throws(TLSError) in try context.extensions.externalSenders() }
    scene = ComponentContext(
      groupID: context.groupID, epoch: context.epoch,
      componentData: try context.extensions.validDictionary())
  }

  /// Who makes a proposal.
  typealias Author = (credential: Credential, signatureKey: SignaturePublicKey)

  /// What components make of a list.
  struct Outcome: Sendable {
    /// The extensions that the group will have.
    var extensions: [Extension]
    /// What came for components with the commit.
    var messages: [ComponentMessage] = []
    /// The updates of components' data.
    var updates: [ComponentMessage] = []
  }

  /// The extensions with what components make of them, and what came for them. AppEphemerals are looked at first.
  /// - Parameter replaced: The extensions after a GroupContextExtensions of the list.
  func apply(_ list: ProposalList, to replaced: [Extension]) throws(GroupError) -> Outcome {
    try checkDictionaryKept(replaced)
    try checkReplacement(replaced, list)
    var outcome = Outcome(extensions: replaced)
    var changes: [ComponentID: [Change]] = [:]
    for item in list.items {
      switch item.proposal {
      case .appEphemeral(let ephemeral):
        outcome.messages.append(message(ephemeral.componentID, ephemeral.data, item.sender))
      case .appDataUpdate(let update):
        changes[update.componentID, default: []].append((update.operation, item.sender))
        guard case .update(let data) = update.operation else { break }
        outcome.updates.append(message(update.componentID, data, item.sender))
      default: break
      }
    }
    for message in outcome.messages {
      let logic = try logic(of: message.componentID)
      guard logic.accepts(message, in: scene) else { throw .invalid(.componentDataRefused) }
    }
    guard !changes.isEmpty else { return outcome }
    var dictionary = try replaced.validDictionary()
    for (component, changes) in changes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let updates = outcome.updates.filter { $0.componentID == component }
      dictionary[component] = try data(of: component, dictionary[component], changes, updates)
    }
    outcome.extensions = replaced.replacing(dictionary)
    return outcome
  }

  /// A GroupContextExtensions leaves the data of components alone, unless they say otherwise. "Applications can make
  /// more restrictive validity rules for the update of their components".
  private func checkReplacement(_ replaced: [Extension], _ list: ProposalList) throws(GroupError) {
    let replacement = list.items.first { $0.proposal.type == .groupContextExtensions }
    guard let sender = replacement?.sender else { return }
    let new = try replaced.validDictionary()
    for id in new.differences(from: scene.componentData) {
      // Data of a component that is not here is others' to judge.
      guard let component = client.logic(of: id) else { continue }
      let may = component.mayReplace(
        scene.componentData[id], with: new[id], message(id, [], sender), in: scene)
      guard may else { throw .invalid(.componentDataRefused) }
    }
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
    guard let logic = client.logic(of: component) else { throw .invalid(.componentUnknown) }
    return logic
  }

  private func message(_ component: ComponentID, _ data: [UInt8], _ sender: Sender) -> ComponentMessage {
    let author: Author? =
      switch sender {
      case .member(let leaf): tree[leaf].map { ($0.credential, $0.signatureKey) }
      case .external(let index): externalSender(index)
      case .newMemberCommit: joiner
      case .newMemberProposal: nil
      }
    return ComponentMessage(
      componentID: component, data: data, sender: sender, credential: author?.credential,
      signatureKey: author?.signatureKey)
  }

  private func externalSender(_ index: UInt32) -> Author? {
    guard let place = Int(exactly: index), externalSenders.indices.contains(place) else { return nil }
    return (externalSenders[place].credential, externalSenders[place].signatureKey)
  }

  /// A component's data after a list's changes of it; nil if it is removed.
  private func data(
    of component: ComponentID, _ current: [UInt8]?, _ changes: [Change], _ updates: [ComponentMessage]
  ) throws(GroupError) -> [UInt8]? {
    let logic = try logic(of: component)
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
      let removal = message(component, [], change.sender)
      guard logic.mayRemove(current, removal, in: scene) else { throw .invalid(.componentDataRefused) }
    }
    return nil
  }
}

extension Client {
  /// What judges a component's data: of those that the draft defines, the library does if the application does not.
  func logic(of component: ComponentID) -> (any ApplicationComponent)? {
    components.first { $0.componentID == component }
      ?? ([.appComponents, .safeAAD].contains(component) ? ListedComponents(componentID: component) : nil)
  }
}

/// The lists of components that a group requires: members replace them, by lists that are well formed. The draft gives
/// their updates no form.
private struct ListedComponents: ApplicationComponent {
  struct NotByMember: Error {}

  let componentID: ComponentID

  func data(
    _ current: [UInt8]?, after updates: [ComponentMessage], in group: ComponentContext
  ) throws -> [UInt8] {
    guard let newest = updates.last, updates.allSatisfy({ $0.sender.leaf != nil }) else {
      throw NotByMember()
    }
    _ = try ComponentsList(decoding: newest.data)
    return newest.data
  }

  func mayRemove(_ current: [UInt8], _ removal: ComponentMessage, in group: ComponentContext) -> Bool {
    removal.sender.leaf != nil
  }

  func mayReplace(
    _ current: [UInt8]?, with new: [UInt8]?, _ replacement: ComponentMessage, in group: ComponentContext
  ) -> Bool { replacement.sender.leaf != nil }
}

extension AppDataDictionary {
  /// The components whose data is not the same in both.
  fileprivate func differences(from other: AppDataDictionary) -> [ComponentID] {
    Set((componentData + other.componentData).map(\.componentID)).filter { self[$0] != other[$0] }
      .sorted { $0.rawValue < $1.rawValue }
  }
}

extension Proposal {
  /// Whose data the proposal brings.
  var component: ComponentID? {
    switch self {
    case .appDataUpdate(let update): update.componentID
    case .appEphemeral(let ephemeral): ephemeral.componentID
    default: nil
    }
  }
}

extension ProposalList {
  /// What only who makes a commit asks, so that nobody is left behind by it: every member that stays says that it has the
  /// components whose data the commit brings, and nobody replaces the data of a component that it does not have itself.
  func checkOwnComponents(
    in tree: RatchetTree, _ context: GroupContext, _ client: Client
  ) throws(GroupError) {
    let replaced = extensions(after: context.extensions)
    if replaced != context.extensions {
      let new = try replaced.validDictionary()
      let former = try context.extensions.validDictionary()
      for id in new.differences(from: former) where client.logic(of: id) == nil {
        throw .invalid(.componentUnknown)
      }
    }
    let components = Set(items.compactMap(\.proposal.component))
    guard !components.isEmpty else { return }
    let removed = Set(removedLeaves)
    try tree.forEachMember { (index, leaf) throws(GroupError) in
      guard !removed.contains(index) else { return }
      let support = try ComponentSupport(in: leaf.extensions)
      guard support.has(components) else { throw .invalid(.componentUnknown) }
    }
  }
}
