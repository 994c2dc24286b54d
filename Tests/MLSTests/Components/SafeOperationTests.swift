import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("draft-ietf-mls-extensions: keys of MLS, used by components")
struct SafeOperationTests {
  private static let content = Array("content".utf8)

  @Test func `a label is the draft's structure`() throws {
    let suite = try Parties.suite.algorithms()
    let key = try SignatureKeyPair.generate(Parties.suite)
    let label = ComponentOperationLabel(ComponentID(rawValue: 0xf001), "attachment")
    // opaque base_label<V>, uint16 component_id, opaque label<V>, after "MLS 1.0 ", as one vector; then the content.
    let structure =
      [13] + Array("MLS Component".utf8) + [0xf0, 0x01] + [10] + Array("attachment".utf8)
    let signed = [35] + Array("MLS 1.0 ".utf8) + structure + [7] + Self.content
    #expect(signed.count == 1 + 35 + 8)
    let signature = try suite.signWithLabel(key, label: label, Self.content)
    #expect(suite.signature.isValid(signature, for: signed, publicKey: key.publicKey.bytes))
  }

  @Test func `a member's signature is for one component, one label, one content and one member`() throws {
    let parties = try Parties.make(3)
    let (component, signer) = (ComponentID.private(1), parties[0].ownIndex)
    let signature = try parties[0].group.safeSign(Self.content, label: "x", as: component)
    for party in parties {
      try party.group.safeVerify(signature, of: Self.content, label: "x", by: signer, as: component)
    }
    func refused(
      _ signature: [UInt8], content: [UInt8] = Self.content, label: String = "x", by member: LeafIndex? = nil,
      as component: ComponentID = .private(1)
    ) -> Bool {
      do throws(GroupError) {
        try parties[1].group.safeVerify(
          signature, of: content, label: label, by: member ?? signer, as: component)
        return false
      } catch { return error == .cipherSuite(.invalidSignature) }
    }
    #expect(refused(signature, as: .private(2)))
    #expect(refused(signature, label: "y"))
    #expect(refused(signature, content: Self.content + [0]))
    #expect(refused(signature, by: parties[2].ownIndex))
    for bit in 0..<8 * signature.count {
      var altered = signature
      altered[bit / 8] ^= 1 << (bit % 8)
      #expect(refused(altered))
    }
    let key = parties[0].client.signer.publicKey
    try parties[1].group.safeVerify(signature, of: Self.content, label: "x", by: key, as: component)
    #expect(throws: GroupError.noSuchMember(LeafIndex(9))) {
      try parties[1].group.safeVerify(
        signature, of: Self.content, label: "x", by: LeafIndex(9), as: component)
    }
  }

  @Test func `a component's label is nobody else's: not MLS's with the same bytes`() throws {
    let suite = try Parties.suite.algorithms()
    let parties = try Parties.make(2)
    let signature = try parties[0].group.safeSign(Self.content, label: "FramedContentTBS", as: .private(1))
    #expect(throws: CipherSuiteError.invalidSignature) {
      try suite.verifyWithLabel(
        parties[0].client.signer.publicKey, label: "FramedContentTBS", Self.content, signature: signature)
    }
  }

  @Test func `what MLS signed or encrypted is no component's`() throws {
    let suite = try Parties.suite.algorithms()
    let parties = try Parties.make(2)
    let client = parties[0].client
    let signature = try suite.signWithLabel(client.signer, label: "x", Self.content)
    #expect(throws: GroupError.cipherSuite(.invalidSignature)) {
      try parties[1].group.safeVerify(
        signature, of: Self.content, label: "x", by: client.signer.publicKey, as: .private(1))
    }
    let leaf = try #require(parties[0].members.last?.leaf)
    let sealed = try suite.encryptWithLabel(leaf.encryptionKey, label: "x", context: [], Self.content)
    #expect(throws: GroupError.cipherSuite(.openFailed)) {
      _ = try parties[1].group.safeDecrypt(
        sealed, to: .member(parties[1].ownIndex), label: "x", as: .private(1))
    }
  }

  @Test func `what is encrypted to a member, only that member's component decrypts`() throws {
    let parties = try Parties.make(3)
    let recipient = ComponentRecipient.member(parties[1].ownIndex)
    let sealed = try parties[0].group.safeEncrypt(
      Self.content, to: recipient, label: "x", context: [1], for: .private(1))
    let opened = try parties[1].group.safeDecrypt(
      sealed, to: recipient, label: "x", context: [1], as: .private(1))
    #expect(opened.exportRawBytes() == Self.content)
    #expect(throws: GroupError.noSuchMember(parties[1].ownIndex)) {
      _ = try parties[2].group.safeDecrypt(sealed, to: recipient, label: "x", context: [1], as: .private(1))
    }
    let wrong: [(label: String, context: [UInt8], component: ComponentID)] = [
      ("y", [1], .private(1)), ("x", [2], .private(1)), ("x", [1], .private(2)),
    ]
    for (label, context, component) in wrong {
      #expect(throws: GroupError.cipherSuite(.openFailed)) {
        _ = try parties[1].group.safeDecrypt(
          sealed, to: recipient, label: label, context: context, as: component)
      }
    }
    for bit in 0..<8 * sealed.ciphertext.count {
      var altered = sealed
      altered.ciphertext[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: GroupError.cipherSuite(.openFailed)) {
        _ = try parties[1].group.safeDecrypt(
          altered, to: recipient, label: "x", context: [1], as: .private(1))
      }
    }
    // The key goes with the member's next commit.
    try Parties.commit(parties[1], parties)
    #expect(throws: GroupError.cipherSuite(.openFailed)) {
      _ = try parties[1].group.safeDecrypt(sealed, to: recipient, label: "x", context: [1], as: .private(1))
    }
  }

  @Test(arguments: CipherSuite.supported)
  func `what is encrypted to the epoch, every member decrypts while it lasts`(_ suite: CipherSuite) throws {
    let parties = try Parties.make(2, suite: suite)
    let sealed = try parties[0].group.safeEncrypt(Self.content, to: .epoch, label: "x", for: .private(1))
    for party in parties {
      let opened = try party.group.safeDecrypt(sealed, label: "x", as: .private(1))
      #expect(opened.exportRawBytes() == Self.content)
    }
    try Parties.commit(parties[0], parties)
    #expect(throws: GroupError.cipherSuite(.openFailed)) {
      _ = try parties[1].group.safeDecrypt(sealed, label: "x", as: .private(1))
    }
  }

  @Test func `what is encrypted to a key package, its keys decrypt until it is used`() throws {
    let keys = InMemoryKeyStore()
    let client = try Client(
      credential: .basic([1]), suite: Parties.suite, authentication: UnauthenticatedCredentials(), keys: keys)
    let package = try client.keyPackage()
    let sealed = try package.safeEncrypt(Self.content, label: "x", for: .private(1))
    let reference = try package.reference()
    let own = try #require(keys.keyPackage(reference))
    #expect(try own.safeDecrypt(sealed, label: "x", as: .private(1)).exportRawBytes() == Self.content)
    #expect(throws: GroupError.cipherSuite(.openFailed)) {
      _ = try own.safeDecrypt(sealed, label: "x", as: .private(2))
    }
    var group = try Group.create(by: try Parties.client("a"))
    _ = try Group.join(try #require(try group.commit([.adding(package)]).welcome), as: client)
    #expect(keys.keyPackage(reference) == nil)
  }

  @Test func `a pre-shared key of a component goes in, and is not another component's`() throws {
    let parties = try Parties.make(3)
    let (name, key): ([UInt8], SecretKey) = ([7], SecretKey(random: 32))
    for (number, party) in parties.enumerated() {
      let keys = try #require(party.client.keys as? InMemoryKeyStore)
      // The last has it for another component, and as an external key.
      keys.setPreSharedKey(key, for: name, of: number < 2 ? .private(1) : .private(2))
      keys.setPreSharedKey(key, for: name)
    }
    let messages = try parties[0].group.commit([
      parties[0].group.preSharedKeyProposal(name, of: .private(1))
    ])
    #expect(throws: GroupError.invalid(.preSharedKeyUnavailable)) { try parties[2].follow(messages.commit) }
    let staged = try parties[1].follow(messages.commit)
    #expect(staged.preSharedKeys.map(\.key) == [.application(.private(1), id: name)])
    try parties[0].group.mergePendingCommit()
    Parties.agree(Array(parties[..<2]))
    // psktype 3, component, identifier.
    #expect(staged.preSharedKeys[0].encoded.prefix(5) == [3, 0x80, 1, 1, 7])
  }
}
