#if X509
import Crypto
import Foundation
import MLS
import MLSX509
import SwiftASN1
import X509

/// A root, one authority below it, and the members that it certifies.
struct SampleAuthority {
  let rootKey = Curve25519.Signing.PrivateKey()
  let issuerKey = P256.Signing.PrivateKey()
  let root: X509.Certificate
  let issuer: X509.Certificate

  init() throws {
    root = try Self.certificate(
      of: .init(rootKey.publicKey), named: "Root", by: .init(rootKey), named: "Root", isAuthority: true)
    issuer = try Self.certificate(
      of: .init(issuerKey.publicKey), named: "Issuer", by: .init(rootKey), named: "Root", isAuthority: true)
  }

  static func certificate(
    of key: X509.Certificate.PublicKey, named name: String, by issuerKey: X509.Certificate.PrivateKey,
    named issuer: String, isAuthority: Bool = false, days: ClosedRange<Int> = -1...30,
    usage: KeyUsage? = nil, version: X509.Certificate.Version = .v3
  ) throws -> X509.Certificate {
    let now = Date()
    return try X509.Certificate(
      version: version, serialNumber: .init(), publicKey: key,
      notValidBefore: now.addingTimeInterval(Double(days.lowerBound) * 86_400),
      notValidAfter: now.addingTimeInterval(Double(days.upperBound) * 86_400),
      issuer: try DistinguishedName { CommonName(issuer) },
      subject: try DistinguishedName { CommonName(name) },
      signatureAlgorithm: issuer == "Issuer" ? .ecdsaWithSHA256 : .ed25519,
      extensions: version == .v1
        ? try X509.Certificate.Extensions([])
        : try X509.Certificate.Extensions {
          Critical(
            isAuthority
              ? BasicConstraints.isCertificateAuthority(maxPathLength: nil) : .notCertificateAuthority
          )
          if let usage { Critical(usage) }
        }, issuerPrivateKey: issuerKey)
  }

  /// A member's certificate for an Ed25519 key of MLS.
  func member(
    _ name: String, _ key: SignatureKeyPair, days: ClosedRange<Int> = -1...30, usage: KeyUsage? = nil
  ) throws -> X509.Certificate {
    try Self.certificate(
      of: .init(Curve25519.Signing.PublicKey(rawRepresentation: key.publicKey.bytes)), named: name,
      by: .init(issuerKey), named: "Issuer", days: days, usage: usage)
  }

  var service: X509Credentials {
    get throws { try X509Credentials(trusting: [root.encoded]) }
  }
}

extension X509.Certificate {
  var encoded: MLS.Certificate {
    get throws {
      var serializer = DER.Serializer()
      try serializer.serialize(self)
      return MLS.Certificate(bytes: serializer.serializedBytes)
    }
  }
}

extension Credential {
  static func chain(_ certificates: X509.Certificate...) throws -> Credential {
    .x509(certificates: try certificates.map { try $0.encoded })
  }
}
#endif
