package import CryptoCore

/// A signature of a request, as the fields `Signature-Input` and `Signature` carry it. RFC 9421 section 4.
package struct RequestSignature: Hashable, Sendable {
  package static let inputFieldName = "signature-input"
  package static let fieldName = "signature"

  /// The name of the signature in both fields.
  package let label: String
  /// What is covered, and how it is signed.
  package let parameters: FieldInnerList
  package let signature: [UInt8]

  package init(label: String, parameters: FieldInnerList, signature: [UInt8]) {
    (self.label, self.parameters, self.signature) = (label, parameters, signature)
  }

  /// Reads every signature of a request; none if it has none.
  /// - Throws: `StructuredFieldError` if the fields do not fit each other.
  package static func all(in request: RelayHTTPRequest) throws(StructuredFieldError) -> [RequestSignature] {
    let (input, signatures) = (request.fields[inputFieldName], request.fields[fieldName])
    guard input != nil || signatures != nil else { return [] }
    let members = try StructuredFieldParser.dictionary(input ?? "")
    var found: [RequestSignature] = []
    for (label, member) in try StructuredFieldParser.dictionary(signatures ?? "") {
      guard case .item(let item) = member, case .bytes(let bytes) = item.value,
        case .list(let parameters)? = members.first(where: { $0.key == label })?.member
      else { throw StructuredFieldError() }
      found.append(RequestSignature(label: label, parameters: parameters, signature: bytes))
    }
    guard found.count == members.count else { throw StructuredFieldError() }
    return found
  }

  /// Whether the owner of a key signed the request.
  package func isValid(for request: RelayHTTPRequest, by key: Ed25519.PublicKey) -> Bool {
    guard let base = SignatureBase.bytes(of: request, covering: parameters) else { return false }
    return key.isValid(signature: signature, for: base)
  }

  /// Puts both fields into a request, in place of others.
  package func put(into request: inout RelayHTTPRequest) {
    request.fields[Self.inputFieldName] = "\(label)=\(parameters.serialized)"
    request.fields[Self.fieldName] = "\(label)=\(BareItem.bytes(signature).serialized)"
  }
}
