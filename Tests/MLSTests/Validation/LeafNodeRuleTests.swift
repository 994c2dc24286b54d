import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 sections 7.3, 10.1 and 13.4: leaves and key packages")
struct LeafNodeRuleTests {
  /// Adding a client whose key package breaks a rule.
  private func expectAdding(
    _ rule: ValidationError, extensions: [Extension] = [], name: String = "newcomer",
    leaf: (inout LeafNode) -> Void = { _ in }, package: (inout KeyPackage) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let party = try Forger.parties(1, extensions: extensions)[0]
    let forged = try Forger.keyPackage(of: try Parties.client(name), leaf: leaf, package: package)
    // With a path the committer's leaf is new too, and would be judged beside the newcomer's.
    var options = CommitOptions()
    options.updatesPath = false
    #expect(throws: GroupError.invalid(rule), sourceLocation: sourceLocation) {
      _ = try party.group.commit([.adding(forged)], options: options)
    }
    let hasPending = party.hasPendingCommit
    #expect(!hasPending, sourceLocation: sourceLocation)
  }

  @Test func `a leaf in a key package has the source key_package`() throws {
    try expectAdding(.leafSourceNotKeyPackage, leaf: { $0.source = .update })
  }

  @Test func `a lifetime holds the current time`() throws {
    try expectAdding(
      .lifetimeNotCurrent, leaf: { $0.source = .keyPackage(Lifetime(notBefore: 1, notAfter: 2)) })
  }

  @Test func `a lifetime is not longer than the application accepts`() throws {
    try expectAdding(
      .lifetimeTooLong, leaf: { $0.source = .keyPackage(Lifetime(notBefore: 0, notAfter: .max)) })
  }

  @Test func `a leaf lists the group's version and suite`() throws {
    try expectAdding(.suiteNotInCapabilities, leaf: { $0.capabilities.cipherSuites = [.p256AES128] })
    try expectAdding(.suiteNotInCapabilities, leaf: { $0.capabilities.versions = [] })
  }

  @Test func `a leaf lists its own extensions`() throws {
    let unlisted = Extension(type: ExtensionType(rawValue: 0xf123), data: [])
    try expectAdding(.leafExtensionUnlisted, leaf: { $0.extensions = [unlisted] })
  }

  @Test func `an extension type stands once in a list`() throws {
    let twice = [Extension.applicationID([1]), .applicationID([2])]
    try expectAdding(.extensionTypeRepeated, leaf: { $0.extensions = twice })
    try expectAdding(.extensionTypeRepeated, package: { $0.extensions = twice })
    #expect(throws: GroupError.invalid(.extensionTypeRepeated)) {
      _ = try Group.create(by: try Parties.client("a"), extensions: twice)
    }
  }

  @Test func `a leaf supports its own credential type`() throws {
    try expectAdding(.credentialTypeUnsupported, leaf: { $0.capabilities.credentials = [.x509] })
  }

  @Test func `members support each other's credential types`() throws {
    let chain = Credential.x509(certificates: [Certificate(bytes: [1])])
    try expectAdding(
      .memberCredentialTypeUnsupported,
      leaf: {
        $0.credential = chain
        $0.capabilities.credentials = [.x509]
      })
    let other = CredentialType(rawValue: 0xf111)
    try expectAdding(
      .credentialTypeUnsupported,
      leaf: {
        $0.credential = .unknown(other, [1])
        $0.capabilities.credentials += [other]
      })
  }

  @Test func `a leaf supports what the group requires`() throws {
    let required = RequiredCapabilities(proposalTypes: [.selfRemove])
    try expectAdding(
      .requiredCapabilityMissing, extensions: [.requiredCapabilities(required)],
      leaf: { $0.capabilities.proposals = [] })
  }

  @Test func `a leaf supports the group's extensions`() throws {
    try expectAdding(
      .groupExtensionUnsupported, extensions: [.lastResort], leaf: { $0.capabilities.extensions = [] })
  }

  @Test func `a leaf's signature is its owner's`() throws {
    try expectAdding(.leafSignatureInvalid, package: { $0.leafNode.signature[3] ^= 1 })
  }

  @Test func `the authentication service has the last word`() throws {
    let client = try Parties.client("a", authentication: Suspicious())
    let party = Party(client, try Group.create(by: client))
    let package = try Parties.client("mallory").keyPackage()
    #expect(throws: GroupError.invalid(.credentialRefused)) { _ = try party.group.commit([.adding(package)]) }
  }

  @Test func `the authentication service judges external senders too`() throws {
    func allowing(_ name: String) throws -> [Extension] {
      let sender = try Parties.client(name)
      return [
        .externalSenders([
          ExternalSender(signatureKey: sender.signer.publicKey, credential: sender.credential)
        ])
      ]
    }
    let refused = GroupError.invalid(.credentialRefused)
    let clients = try ["a", "b"].map { try Parties.client($0, authentication: Suspicious()) }
    #expect(throws: refused) { _ = try Group.create(by: clients[0], extensions: try allowing("mallory")) }
    let party = Party(clients[0], try Group.create(by: clients[0], extensions: try allowing("server")))
    #expect(throws: refused) {
      _ = try party.group.commit([.replacing(extensions: try allowing("mallory"))])
    }

    let trusting = try Forger.parties(1, extensions: try allowing("mallory"))[0]
    let info = try trusting.group.groupInfo()
    #expect(throws: refused) { _ = try Group.joinExternally(info, as: clients[1]) }
    let welcome = try #require(try trusting.group.commit([.adding(try clients[1].keyPackage())]).welcome)
    #expect(throws: refused) { _ = try Group.join(welcome, as: clients[1]) }
  }

  @Test func `a key package is of the group's version and suite`() throws {
    try expectAdding(.keyPackageVersionMismatch, package: { $0.version = ProtocolVersion(rawValue: 2) })
    try expectAdding(.keyPackageSuiteMismatch, package: { $0.cipherSuite = .x25519ChaCha20Ed25519 })
  }

  @Test func `a key package's signature is its client's`() throws {
    let party = try Forger.parties(1)[0]
    var package = try Parties.client("newcomer").keyPackage()
    package.signature[0] ^= 1
    #expect(throws: GroupError.invalid(.keyPackageSignatureInvalid)) {
      _ = try party.group.commit([.adding(package)])
    }
  }

  @Test func `the init key is another than the encryption key`() throws {
    try expectAdding(.initKeyIsEncryptionKey, package: { $0.initKey = $0.leafNode.encryptionKey })
  }

  @Test func `an encryption key is one member's`() throws {
    let party = try Forger.parties(2)[0]
    let key = party.members[1].leaf.encryptionKey
    let forged = try Forger.keyPackage(of: try Parties.client("b"), leaf: { $0.encryptionKey = key })
    #expect(throws: GroupError.invalid(.encryptionKeyNotUnique)) {
      _ = try party.group.commit([.adding(forged)])
    }
  }

  @Test func `a signature key is one member's`() throws {
    let suite = try Forger.algorithms()
    let members = try ["a", "b"].map { try Parties.client($0).keyPackage().leafNode }
    var tree = RatchetTree(creator: members[0], hash: suite)
    var copy = members[1]
    copy.signatureKey = members[0].signatureKey
    let index = try tree.add(copy)
    #expect(throws: GroupError.invalid(.signatureKeyNotUnique)) { try tree.checkMembership(changed: [index]) }
    #expect(throws: GroupError.invalid(.signatureKeyNotUnique)) { try tree.verifyKeysUnique() }
  }
}

/// Believes everybody but Mallory.
private struct Suspicious: AuthenticationService {
  func accepts(_ credential: Credential, signatureKey: SignaturePublicKey) -> Bool {
    credential != .basic(Array("mallory".utf8))
  }
}
