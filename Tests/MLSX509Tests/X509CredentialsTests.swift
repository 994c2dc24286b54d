#if X509
import Crypto
import MLS
import MLSX509
import Testing
import X509

@Suite("X.509 credentials")
struct X509CredentialsTests {
  private let authority: SampleAuthority
  private let service: X509Credentials
  private let key: SignatureKeyPair

  init() throws {
    authority = try SampleAuthority()
    service = try authority.service
    key = try SignatureKeyPair.generate(.default)
  }

  private func accepts(_ credential: Credential) -> Bool {
    service.accepts(credential, signatureKey: key.publicKey)
  }

  @Test func `a chain to the root is accepted, with the root and without`() throws {
    let member = try authority.member("Alice", key)
    #expect(accepts(try .chain(member, authority.issuer)))
    #expect(accepts(try .chain(member, authority.issuer, authority.root)))
    #expect(
      accepts(
        try .chain(
          try authority.member("Alice", key, usage: KeyUsage(digitalSignature: true)), authority.issuer)))
  }

  @Test func `another key, another root, and no certificates are refused`() throws {
    let member = try authority.member("Alice", key)
    let other = try SignatureKeyPair.generate(.default)
    let chain = try Credential.chain(member, authority.issuer)
    #expect(!service.accepts(chain, signatureKey: other.publicKey))
    #expect(try !SampleAuthority().service.accepts(chain, signatureKey: key.publicKey))
    #expect(!accepts(.basic([1])))
    #expect(!accepts(.x509(certificates: [])))
    #expect(!accepts(.x509(certificates: [MLS.Certificate(bytes: [0x30, 0x00])])))
    #expect(throws: X509CredentialsError.malformedRoot(1)) {
      try X509Credentials(trusting: [try authority.root.encoded, MLS.Certificate(bytes: [1])])
    }
  }

  @Test func `a gap, another order, and what does not belong are refused`() throws {
    let member = try authority.member("Alice", key)
    #expect(!accepts(try .chain(member)))
    #expect(!accepts(try .chain(authority.issuer, member)))
    #expect(!accepts(try .chain(member, authority.root, authority.issuer)))
    let stranger = try SampleAuthority()
    #expect(!accepts(try .chain(member, authority.issuer, stranger.issuer)))
    #expect(!accepts(try .chain(member, stranger.issuer)))
    let filler = Array(repeating: try authority.issuer.encoded, count: 8)
    #expect(!accepts(.x509(certificates: [try member.encoded] + filler)))
  }

  @Test func `what is expired, not valid yet, or for another use is refused`() throws {
    for days in [-30 ... -2, 2...30] {
      #expect(!accepts(try .chain(try authority.member("Alice", key, days: days), authority.issuer)))
    }
    let forKeys = KeyUsage(keyAgreement: true)
    #expect(!accepts(try .chain(try authority.member("Alice", key, usage: forKeys), authority.issuer)))
  }

  @Test func `an authority has a version 3 certificate, for signing certificates if it says for what`() throws
  {
    func issuer(_ version: X509.Certificate.Version = .v3, _ usage: KeyUsage? = nil) throws
      -> X509.Certificate
    {
      try SampleAuthority.certificate(
        of: .init(authority.issuerKey.publicKey), named: "Issuer", by: .init(authority.rootKey),
        named: "Root",
        isAuthority: true, usage: usage, version: version)
    }
    let member = try authority.member("Alice", key)
    #expect(accepts(try .chain(member, try issuer())))
    #expect(accepts(try .chain(member, try issuer(.v3, KeyUsage(keyCertSign: true)))))
    #expect(!accepts(try .chain(member, try issuer(.v3, KeyUsage(digitalSignature: true)))))
    #expect(!accepts(try .chain(member, try issuer(.v1))))
  }

  @Test func `nobody comes twice in a chain`() throws {
    let member = try authority.member("Alice", key)
    #expect(!accepts(try .chain(member, authority.issuer, authority.issuer)))
    #expect(!accepts(try .chain(member, authority.issuer, authority.root, authority.root)))
  }

  @Test func `a member is no authority`() throws {
    let alice = P256.Signing.PrivateKey()
    let certificate = try SampleAuthority.certificate(
      of: .init(alice.publicKey), named: "Issuer", by: .init(authority.rootKey), named: "Root")
    let forged = try SampleAuthority.certificate(
      of: .init(Curve25519.Signing.PublicKey(rawRepresentation: key.publicKey.bytes)), named: "Bob",
      by: .init(alice), named: "Issuer")
    #expect(!accepts(try .chain(forged, certificate)))
  }

  @Test func `every flipped bit of a signed certificate refuses it`() throws {
    let member = try authority.member("Alice", key).encoded.bytes
    let issuer = try authority.issuer.encoded
    for bit in stride(from: 0, to: member.count * 8, by: 7) {
      var bytes = member
      bytes[bit / 8] ^= 1 << (bit % 8)
      #expect(!accepts(.x509(certificates: [MLS.Certificate(bytes: bytes), issuer])), "bit \(bit)")
    }
  }

  @Test func `a new certificate replaces one of the same name`() throws {
    let old = try Credential.chain(try authority.member("Alice", key), authority.issuer)
    let new = try Credential.chain(
      try authority.member("Alice", try SignatureKeyPair.generate(.default)), authority.issuer)
    let bob = try Credential.chain(try authority.member("Bob", key), authority.issuer)
    #expect(service.accepts(new, replacing: old))
    #expect(!service.accepts(bob, replacing: old))
    #expect(!service.accepts(.basic([1]), replacing: old))
  }

  @Test func `members of a group have certificates, and a stranger is not added`() throws {
    let (aliceKey, bobKey) = (
      try SignatureKeyPair.generate(.default), try SignatureKeyPair.generate(.default)
    )
    let alice = try Client(
      credential: try .chain(try authority.member("Alice", aliceKey), authority.issuer), signer: aliceKey,
      authentication: service)
    let bob = try Client(
      credential: try .chain(try authority.member("Bob", bobKey), authority.issuer), signer: bobKey,
      authentication: service)
    var group = try Group.create(by: alice)
    let messages = try group.commit([.adding(bob.keyPackage())])
    try group.mergePendingCommit()
    var bobsGroup = try Group.join(try #require(messages.welcome), as: bob)
    guard case .application(let message) = try bobsGroup.process(try group.protect([1, 2, 3])) else {
      Issue.record("not a message")
      return
    }
    #expect(message.data == [1, 2, 3])
    let stranger = try SampleAuthority()
    let mallory = try Client(
      credential: try .chain(try stranger.member("Bob", key), stranger.issuer), signer: key,
      authentication: UnauthenticatedCredentials())
    #expect(throws: GroupError.self) { try group.commit([.adding(mallory.keyPackage())]) }
  }
}
#endif
