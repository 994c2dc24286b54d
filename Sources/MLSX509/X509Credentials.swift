#if X509
internal import Crypto
internal import CryptoCore
internal import SystemCore
public import MLS
internal import SwiftASN1
internal import X509

/// Believes members whose chain of certificates leads to a trusted root. RFC 9420 section 5.3, RFC 5280.
///
/// A credential is accepted if it is `x509`, its first certificate holds the member's signature key, each certificate
/// is certified by the next and the last by a root (which may be left out), and all are valid now by the system's clock,
/// with their basic and name constraints. Whoever certifies others has a version 3 certificate that says so, and if it
/// says what its key is for, that it signs certificates. A critical extension that is not known refuses the chain.
/// Extended key usages are not looked at: trust roots that certify members, and not those of the web. Nothing is fetched
/// and no revocation is checked: an application that needs it asks first, and refuses in a service around this one.
public struct X509Credentials: AuthenticationService {
  /// More certificates than these in a chain are refused, whatever they say.
  public static let maximumChainLength = 8

  private let roots: CertificateStore
  private let trusted: Set<X509.Certificate>

  /// Trusts these roots and no others.
  /// - Throws: `X509CredentialsError.malformedRoot`, with its place in the list, for what is no DER certificate.
  public init(trusting roots: [MLS.Certificate]) throws(X509CredentialsError) {
    var parsed: [X509.Certificate] = []
    for (place, root) in roots.enumerated() {
      guard let certificate = try? X509.Certificate(derEncoded: root.bytes) else {
        throw .malformedRoot(place)
      }
      parsed.append(certificate)
    }
    self.roots = CertificateStore(parsed)
    trusted = Set(parsed)
  }

  /// Whether the chain leads to a root, and begins with a certificate of this key.
  public func accepts(_ credential: Credential, signatureKey: SignaturePublicKey) -> Bool {
    guard let chain = Self.chain(of: credential), let leaf = chain.first,
      Self.keys(of: leaf).contains(signatureKey.bytes), Self.maySign(leaf), Self.isOrdered(chain)
    else { return false }
    let roots = roots
    let found = SynchronousTask.run { () async -> [X509.Certificate]? in
      var verifier = Verifier(rootCertificates: roots) { RFC5280Policy() }
      let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst()))
      guard case .validCertificate(let path) = result else { return nil }
      return Array(path)
    }
    // The path that was found is the chain as it was sent, but for a root that was left out.
    guard let path = found ?? nil, path.dropFirst().allSatisfy(mayCertify) else { return false }
    return path.count - chain.count <= 1 && path.starts(with: chain)
  }

  /// Each names the next as its issuer, and none comes twice: so there is one path to look for, and not a choice of
  /// paths at every step that whoever made the chain can make endless.
  private static func isOrdered(_ chain: [X509.Certificate]) -> Bool {
    zip(chain, chain.dropFirst()).allSatisfy { $0.issuer == $1.subject }
      && Set(chain.map(\.subject)).count == chain.count
  }

  /// What RFC 5280 section 6.1.4 (k) and (n) demand of whoever is no root, and the library does not.
  private func mayCertify(_ certificate: X509.Certificate) -> Bool {
    if trusted.contains(certificate) { return true }
    guard certificate.version == .v3 else { return false }
    guard certificate.extensions[oid: .X509ExtensionID.keyUsage] != nil else { return true }
    return (try? certificate.extensions.keyUsage)?.keyCertSign ?? false
  }

  /// Whether both first certificates name the same subject, by name and alternative names.
  public func accepts(_ credential: Credential, replacing former: Credential) -> Bool {
    guard let new = Self.chain(of: credential)?.first, let old = Self.chain(of: former)?.first,
      let name = Self.name(of: new)
    else { return false }
    return name == Self.name(of: old)
  }

  private static func chain(of credential: Credential) -> [X509.Certificate]? {
    guard case .x509(let certificates) = credential, (1...maximumChainLength).contains(certificates.count)
    else { return nil }
    let chain = certificates.compactMap { try? X509.Certificate(derEncoded: $0.bytes) }
    return chain.count == certificates.count ? chain : nil
  }

  /// The key as MLS writes it: at most one of these is there. RFC 9420 section 5.1.1.
  private static func keys(of certificate: X509.Certificate) -> [[UInt8]] {
    let key = certificate.publicKey
    return [
      Curve25519.Signing.PublicKey(key).map { Array($0.rawRepresentation) },
      P256.Signing.PublicKey(key).map { Array($0.x963Representation) },
      P384.Signing.PublicKey(key).map { Array($0.x963Representation) },
      P521.Signing.PublicKey(key).map { Array($0.x963Representation) },
    ].compactMap(\.self)
  }

  /// A certificate that says what its key is for must say that it signs. RFC 5280 section 4.2.1.3.
  private static func maySign(_ certificate: X509.Certificate) -> Bool {
    guard certificate.extensions[oid: .X509ExtensionID.keyUsage] != nil else { return true }
    return (try? certificate.extensions.keyUsage)?.digitalSignature ?? false
  }

  private struct Name: Equatable {
    let subject: DistinguishedName
    let alternatives: ArraySlice<UInt8>?
  }

  /// Nil if it names nobody.
  private static func name(of certificate: X509.Certificate) -> Name? {
    let alternatives = certificate.extensions[oid: .X509ExtensionID.subjectAlternativeName]?.value
    guard alternatives != nil || !certificate.subject.isEmpty else { return nil }
    return Name(subject: certificate.subject, alternatives: alternatives)
  }
}
#endif
