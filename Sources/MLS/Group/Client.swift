internal import CryptoCore
internal import SystemCore

/// One client: its identity, its keys and its judgement. It makes key packages and is in groups.
public struct Client: Sendable {
  /// The suite of its key packages and of the groups that it creates.
  public let suite: CipherSuite
  /// Who it says it is.
  public var credential: Credential
  /// The key of its signatures.
  public var signer: SignatureKeyPair
  /// What it supports, without GREASE.
  public var capabilities: Capabilities
  /// The extensions of its leaves, but for the dictionary of components, which follows from `components` and `leafData`.
  public var leafExtensions: [Extension]
  /// The parts of the application that have data in its groups. With one, or with `leafData`, its leaves say which
  /// there are, and that it takes their data. Of two with one number the first counts. Who loads a group gives its
  /// client the same ones, or it cannot follow the others. draft-ietf-mls-extensions.
  public var components: [any ApplicationComponent]
  /// What components tell the other members about this client, in its leaves.
  public var leafData: AppDataDictionary
  /// Who it believes.
  public let authentication: any AuthenticationService
  /// Where its keys are.
  public let keys: any KeyStore
  /// How it conducts its groups.
  public var settings: GroupSettings
  /// The current time in seconds since 1970.
  public var now: @Sendable () -> UInt64

  /// A client. Without a signer, it gets a fresh key.
  /// - Throws: `GroupError.cipherSuite` if the suite is not supported.
  public init(
    credential: Credential, suite: CipherSuite = .default, signer: SignatureKeyPair? = nil,
    authentication: any AuthenticationService, keys: any KeyStore = InMemoryKeyStore(),
    settings: GroupSettings = GroupSettings()
  ) throws(GroupError) {
    self.suite = suite
    self.credential = credential
    self.signer =
      if let signer {
        signer
      } else {
        try asGroupError { () throws(CipherSuiteError) in try SignatureKeyPair.generate(suite) }
      }
    capabilities = .supported
    leafExtensions = []
    components = []
    leafData = AppDataDictionary()
    self.authentication = authentication
    self.keys = keys
    self.settings = settings
    now = { UInt64(max(0, WallClock.nanosecondsSince1970) / 1_000_000_000) }
  }

  var algorithms: CipherSuiteAlgorithms {
    get throws(GroupError) {
      try asGroupError { () throws(CipherSuiteError) in try suite.algorithms() }
    }
  }

  /// A leaf of this client, not signed yet. RFC 9420 section 13.5 wants values that others must ignore.
  func leaf(_ key: HPKEPublicKey, _ source: LeafNodeSource) -> LeafNode {
    var capabilities = capabilities
    capabilities.cipherSuites.append(.randomGREASE())
    capabilities.extensions.append(.randomGREASE())
    capabilities.proposals.append(.randomGREASE())
    capabilities.credentials.append(.randomGREASE())
    var extensions = leafExtensions
    if hasComponents {
      if !capabilities.supports(.appDataDictionary) { capabilities.extensions.append(.appDataDictionary) }
      for type in [.appDataUpdate, .appEphemeral] as [ProposalType] where !capabilities.supports(type) {
        capabilities.proposals.append(type)
      }
      extensions = extensions.replacing(leafDictionary)
    }
    return LeafNode(
      encryptionKey: key, signatureKey: signer.publicKey, credential: credential,
      capabilities: capabilities, source: source, extensions: extensions)
  }

  private var hasComponents: Bool {
    !components.isEmpty || !leafData.isEmpty || capabilities.supports(.appDataDictionary)
  }

  /// What the leaf says of components: which there are, and which understand authenticated data of their own.
  private var leafDictionary: AppDataDictionary {
    var dictionary = leafData
    let own = components.map(\.componentID)
    let understanding = components.filter(\.understandsSafeAAD).map(\.componentID)
    dictionary[.appComponents] = ComponentsList([.appComponents, .safeAAD] + own + [.randomGREASE()]).encoded
    dictionary[.safeAAD] = ComponentsList(understanding + [.randomGREASE()]).encoded
    return dictionary
  }

  /// How a key package of last resort says so: as earlier drafts did, and as the newest does where components are known.
  private var lastResortExtensions: [Extension] {
    hasComponents ? [.lastResort, .appDataDictionary([.lastResortKeyPackage: []])] : [.lastResort]
  }

  /// Makes a key package and keeps its private keys in the store. RFC 9420 section 10.
  /// - Parameters:
  ///   - lifetime: For how many seconds it can be used, from an hour ago for clocks that differ.
  ///   - isLastResort: Whether it may be used again when no other is left: its keys then stay in the store.
  /// - Returns: What is published.
  public func keyPackage(
    lifetime: UInt64 = 84 * 86_400, isLastResort: Bool = false
  ) throws(GroupError) -> KeyPackage {
    let suite = try algorithms
    let now = now()
    let lifetime = Lifetime(notBefore: now - min(now, 3_600), from: now, lasting: lifetime)
    let keys = try asGroupError { () throws(CipherSuiteError) in
      let (initKey, leafKey) = (try HPKEKeyPair.generate(suite), try HPKEKeyPair.generate(suite))
      let leaf = leaf(leafKey.publicKey, .keyPackage(lifetime))
      let package = KeyPackage(
        version: .mls10, cipherSuite: suite.suite, initKey: initKey.publicKey,
        leafNode: try leaf.signed(by: signer, in: nil, suite),
        extensions: isLastResort ? lastResortExtensions : [])
      return KeyPackageKeys(
        keyPackage: try package.signed(by: signer, suite), initKey: initKey, leafKey: leafKey)
    }
    try fromStore { try self.keys.save(keys, for: suite.reference(to: keys.keyPackage)) }
    return keys.keyPackage
  }
}

extension Capabilities {
  /// What this library supports.
  public static let supported = Capabilities(
    versions: [.mls10], cipherSuites: CipherSuite.supported, extensions: [.lastResort],
    proposals: [.selfRemove], credentials: [.basic, .x509])
}
