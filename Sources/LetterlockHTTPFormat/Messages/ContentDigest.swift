internal import CryptoCore

/// The digest of a body, as the field `Content-Digest` carries it. RFC 9530 section 2.
package enum ContentDigest {
  package static let fieldName = "content-digest"
  private static let algorithm = "sha-256"

  /// The field's value for a body.
  package static func value(of body: [UInt8]) -> String {
    "\(algorithm)=\(BareItem.bytes(SHA256Hash.hash(body)).serialized)"
  }

  /// Whether a field names the SHA-256 of a body. Digests by other algorithms do not count.
  package static func names(_ body: [UInt8], _ value: String) -> Bool {
    guard let members = try? StructuredFieldParser.dictionary(value) else { return false }
    for (key, member) in members where key == algorithm {
      guard case .item(let item) = member, case .bytes(let digest) = item.value else { return false }
      return constantTimeEqual(digest, SHA256Hash.hash(body))
    }
    return false
  }
}
