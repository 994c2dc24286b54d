import CryptoCore

@testable import MLS

/// Groups whose members have components.
enum ComponentParties {
  /// Takes what members say.
  static let plain = ComponentID.private(1)
  /// Counts: each update is how much is added.
  static let counter = ComponentID.private(2)
  /// What nobody has.
  static let unknown = ComponentID.private(3)

  /// Adds bytes up, refuses zeros and the removal of more than 99, and takes only data of one byte with a commit.
  struct Counter: ApplicationComponent {
    struct Zero: Error {}

    let componentID = ComponentParties.counter

    func data(
      _ current: [UInt8]?, after updates: [ComponentMessage], in group: ComponentContext
    ) throws -> [UInt8] {
      guard updates.allSatisfy({ $0.data.first ?? 0 > 0 }) else { throw Zero() }
      return [updates.reduce(current?.first ?? 0) { $0 &+ ($1.data.first ?? 0) }]
    }

    func mayRemove(_ current: [UInt8], _ removal: ComponentMessage, in group: ComponentContext) -> Bool {
      current.first ?? 0 < 100
    }

    func accepts(_ ephemeral: ComponentMessage, in group: ComponentContext) -> Bool {
      ephemeral.data.count == 1
    }
  }

  static func client(
    _ name: String,
    components: [any ApplicationComponent] = [
      PlainComponent(plain, understandsSafeAAD: true, membersOnly: false), Counter(),
    ]
  ) throws -> Client {
    var client = try Parties.client(name)
    client.components = components
    return client
  }

  /// A group of as many members.
  static func make(_ count: Int, extensions: [Extension] = []) throws -> [Party] {
    let clients = try (0..<count).map { try client("member \($0)") }
    let first = Party(clients[0], try Group.create(by: clients[0], extensions: extensions))
    guard count > 1 else { return [first] }
    let messages = try first.group.commit(try clients.dropFirst().map { .adding(try $0.keyPackage()) })
    try first.group.mergePendingCommit()
    guard let welcome = messages.welcome else { throw GroupError.internalError }
    return [first] + (try clients.dropFirst().map { Party($0, try Group.join(welcome, as: $0)) })
  }
}

extension Party {
  var componentData: AppDataDictionary { group.componentData }
  var joinData: AppDataDictionary { group.joinData }
  var demandsSafeAAD: Bool { group.demandsSafeAAD }
  var exporterRoot: SecretKey? { group.state.exporter.root }
}
