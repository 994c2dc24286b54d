public import CryptoCore
internal import Synchronization

/// A key package and its private keys.
public struct KeyPackageKeys: Sendable {
  /// The package, which is published.
  public let keyPackage: KeyPackage
  /// Opens a Welcome.
  public let initKey: HPKEKeyPair
  /// Of the leaf.
  public let leafKey: HPKEKeyPair

  /// A package and its keys.
  public init(keyPackage: KeyPackage, initKey: HPKEKeyPair, leafKey: HPKEKeyPair) {
    self.keyPackage = keyPackage
    self.initKey = initKey
    self.leafKey = leafKey
  }
}

/// Where a client keeps the private keys of its key packages, and its pre-shared keys.
public protocol KeyStore: Sendable {
  /// Keeps the keys of a package that is about to be published.
  func save(_ keys: KeyPackageKeys, for reference: KeyPackageRef) throws

  /// The keys of a package; nil if there are none.
  func keyPackage(_ reference: KeyPackageRef) throws -> KeyPackageKeys?

  /// Deletes the keys of a package that was used.
  func deleteKeyPackage(_ reference: KeyPackageRef) throws

  /// A key that the application shares with others by its name; nil if there is none.
  func preSharedKey(_ identifier: [UInt8]) throws -> SecretKey?

  /// A key that a component of the application shares with others by its name; nil if there is none, as it is if not
  /// implemented.
  func preSharedKey(_ identifier: [UInt8], of component: ComponentID) throws -> SecretKey?
}

extension KeyStore {
  /// None.
  public func preSharedKey(_ identifier: [UInt8], of component: ComponentID) throws -> SecretKey? { nil }

  /// The secret of a pre-shared key that is not of a group.
  func preSharedKey(_ key: PreSharedKeyID.Key) throws(GroupError) -> SecretKey? {
    switch key {
    case .external(let id): try fromStore { try preSharedKey(id) }
    case .application(let component, let id): try fromStore { try preSharedKey(id, of: component) }
    case .resumption: nil
    }
  }
}

/// Keys in memory.
public final class InMemoryKeyStore: KeyStore {
  private struct Content {
    var keyPackages: [KeyPackageRef: KeyPackageKeys] = [:]
    var preSharedKeys: [PreSharedKeyID.Key: SecretKey] = [:]
  }

  private let content = Mutex(Content())

  /// An empty store.
  public init() {}

  /// How many key packages there are keys of.
  public var keyPackageCount: Int { content.withLock { $0.keyPackages.count } }

  /// Keeps a pre-shared key.
  public func setPreSharedKey(_ key: SecretKey, for identifier: [UInt8]) {
    content.withLock { $0.preSharedKeys[.external(id: identifier)] = key }
  }

  /// Keeps a pre-shared key of a component.
  public func setPreSharedKey(_ key: SecretKey, for identifier: [UInt8], of component: ComponentID) {
    content.withLock { $0.preSharedKeys[.application(component, id: identifier)] = key }
  }

  /// Keeps the keys of a package.
  public func save(_ keys: KeyPackageKeys, for reference: KeyPackageRef) {
    content.withLock { $0.keyPackages[reference] = keys }
  }

  /// The keys of a package.
  public func keyPackage(_ reference: KeyPackageRef) -> KeyPackageKeys? {
    content.withLock { $0.keyPackages[reference] }
  }

  /// Deletes the keys of a package.
  public func deleteKeyPackage(_ reference: KeyPackageRef) {
    content.withLock { $0.keyPackages[reference] = nil }
  }

  /// A pre-shared key.
  public func preSharedKey(_ identifier: [UInt8]) -> SecretKey? {
    content.withLock { $0.preSharedKeys[.external(id: identifier)] }
  }

  /// A pre-shared key of a component.
  public func preSharedKey(_ identifier: [UInt8], of component: ComponentID) -> SecretKey? {
    content.withLock { $0.preSharedKeys[.application(component, id: identifier)] }
  }
}

/// Runs `body` of a store, whose errors become those of a group.
func fromStore<Result>(_ body: () throws -> Result) throws(GroupError) -> Result {
  do { return try body() } catch { throw .storage(String(describing: type(of: error))) }
}
