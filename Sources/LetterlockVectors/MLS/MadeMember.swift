import CryptoCore
import MLS
import TLSCodec

/// A client of the vectors, its last key package, and the private keys of that.
///
/// Its time is 0 and its lifetimes never end: what a file holds stays valid.
struct MadeMember {
  let client: Client
  let keys: KeyPackageKeys

  init(_ name: String, _ suite: CipherSuiteAlgorithms, settings: GroupSettings? = nil) throws {
    var client = try Client(
      credential: .basic(Array(name.utf8)), suite: suite.suite, authentication: UnauthenticatedCredentials(),
      settings: settings ?? Self.settings)
    client.now = { 0 }
    let package = try client.keyPackage(lifetime: .max)
    guard let keys = try client.keys.keyPackage(suite.reference(to: package)) else {
      throw GroupError.internalError
    }
    self.client = client
    self.keys = keys
  }

  static let settings = GroupSettings(maximumLifetime: .max, sendsRatchetTree: false)

  var package: KeyPackage { keys.keyPackage }
  var leaf: LeafNode { package.leafNode }

  /// The client's signed leaf with a new key, at a place of a group.
  func update(at index: LeafIndex, of group: [UInt8], _ suite: CipherSuiteAlgorithms) throws -> LeafNode {
    var leaf = leaf
    leaf.encryptionKey = try HPKEKeyPair.generate(suite).publicKey
    leaf.source = .update
    return try leaf.signed(by: client.signer, in: LeafNode.Place(group: group, leaf: index), suite)
  }
}
