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

// draft-ietf-mls-extensions, sections "Updating Application Data in the GroupContext" and "Attaching Application Data
// to a Commit".
extension ProposalList {
  /// The extensions with what components make of them. AppEphemerals are looked at first.
  /// - Parameter replaced: The extensions after a GroupContextExtensions of the list.
  func extensions(
    after replaced: [Extension], formerly former: [Extension], _ components: [any ApplicationComponent]
  ) throws(GroupError) -> [Extension] {
    try checkDictionaryKept(replaced, former)
    for case (.appEphemeral(let ephemeral), let sender) in items.lazy.map({ ($0.proposal, $0.sender) }) {
      let component = try ephemeral.componentID.logic(in: components)
      let message = ComponentMessage(
        componentID: ephemeral.componentID, data: ephemeral.data, sender: sender)
      guard component.accepts(message) else { throw .invalid(.componentDataRefused) }
    }
    let changes = changesByComponent
    guard !changes.isEmpty else { return replaced }
    var dictionary =
      try asGroupError { () throws(TLSError) in try replaced.appDataDictionary() } ?? AppDataDictionary()
    for (component, changes) in changes {
      let logic = try component.logic(in: components)
      dictionary[component] = try logic.data(dictionary[component], after: changes)
    }
    return replaced.replacing(dictionary)
  }

  /// "When an MLS group contains the AppDataUpdate proposal type in the proposal_types list in the group's
  /// required_capabilities extension, a GroupContextExtensions proposal MUST NOT add, remove, or modify the
  /// app_data_dictionary GroupContext extension."
  private func checkDictionaryKept(_ replaced: [Extension], _ former: [Extension]) throws(GroupError) {
    let required = try asGroupError { () throws(TLSError) in try former.requiredCapabilities() }
    guard required?.proposalTypes.contains(.appDataUpdate) == true else { return }
    guard replaced.data(of: .appDataDictionary) == former.data(of: .appDataDictionary) else {
      throw .invalid(.appDataDictionaryReplaced)
    }
  }

  /// The list's AppDataUpdates, those of one component together and in the list's order.
  private var changesByComponent: [(ComponentID, [ComponentChange])] {
    var changes: [ComponentID: [ComponentChange]] = [:]
    for case (.appDataUpdate(let update), let sender) in items.lazy.map({ ($0.proposal, $0.sender) }) {
      changes[update.componentID, default: []].append((update.operation, sender))
    }
    return changes.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }
}

private typealias ComponentChange = (operation: AppDataUpdate.Operation, sender: Sender)

extension ComponentID {
  /// "An AppDataUpdate proposal is invalid if its component_id references a component that is not known to the
  /// application".
  fileprivate func logic(
    in components: [any ApplicationComponent]
  ) throws(GroupError) -> any ApplicationComponent {
    guard let component = components.first(where: { $0.componentID == self }) else {
      throw .invalid(.componentUnknown)
    }
    return component
  }
}

extension ApplicationComponent {
  /// The component's data after a list's changes of it; nil if it is removed.
  fileprivate func data(_ current: [UInt8]?, after changes: [ComponentChange]) throws(GroupError) -> [UInt8]?
  {
    let updates = changes.compactMap { change -> ComponentMessage? in
      guard case .update(let update) = change.operation else { return nil }
      return ComponentMessage(componentID: componentID, data: update, sender: change.sender)
    }
    // "(a) a single remove operation or (b) one or more update operations".
    guard updates.count == changes.count || changes.count == 1 else {
      throw .invalid(.componentChangesConflict)
    }
    guard updates.isEmpty else {
      do { return try data(current, after: updates) } catch { throw .invalid(.componentDataRefused) }
    }
    guard let current else { throw .invalid(.componentDataMissing) }
    guard changes.allSatisfy({ mayRemove(current, $0.sender) }) else { throw .invalid(.componentDataRefused) }
    return nil
  }
}
