internal import CryptoCore
package import LetterlockFormat
internal import TLSCodec

/// How a device proves to a relay over HTTP who it is. SPEC.md section 13.3.
package enum RequestAuthentication {
  package static let relayField = "letterlock-relay"
  package static let accountField = "letterlock-account"
  package static let challengeField = "letterlock-challenge"
  /// What a signature covers, in the order in which a device writes it.
  package static let components = [
    "@method", "@path", "@query", ContentDigest.fieldName, relayField, accountField, challengeField,
  ]
  package static let label = "letterlock"
  package static let tag = "letterlock/1"
  package static let algorithm = "ed25519"

  /// What stands in `Letterlock-Relay` for the relay that signs checkpoints with this key.
  package static func relayHash(of checkpointKey: [UInt8]) -> [UInt8] {
    Derivation.hash("http relay", checkpointKey)
  }

  static func parameters(for device: DeviceID) -> FieldInnerList {
    FieldInnerList(
      components.map { FieldItem(.string($0)) },
      [
        FieldParameter("keyid", .string(device.description)), FieldParameter("alg", .string(algorithm)),
        FieldParameter("tag", .string(tag)),
      ])
  }
}

extension RelayHTTPRequest {
  /// Names the account that the request is about.
  package mutating func name(_ account: AccountID) {
    fields[RequestAuthentication.accountField] = BareItem.bytes(account.bytes).serialized
  }

  /// Puts in the digest of the body.
  package mutating func digestBody() { fields[ContentDigest.fieldName] = ContentDigest.value(of: body) }

  /// Signs the request, whose body, account and digest are there already if it has them, for the relay that signs checkpoints with a key.
  package mutating func sign(
    by keys: DeviceKeys, for checkpointKey: [UInt8], over challenge: [UInt8]
  ) throws(FormatError) {
    let hash = RequestAuthentication.relayHash(of: checkpointKey)
    fields[RequestAuthentication.relayField] = BareItem.bytes(hash).serialized
    fields[RequestAuthentication.challengeField] = BareItem.bytes(challenge).serialized
    if fields[RequestAuthentication.accountField] == nil { name(.none) }
    if fields[ContentDigest.fieldName] == nil { digestBody() }
    let parameters = RequestAuthentication.parameters(for: keys.deviceID)
    guard let base = SignatureBase.bytes(of: self, covering: parameters) else {
      throw .internalError("signature base")
    }
    let signature = try keys.signRequest(base)
    RequestSignature(label: RequestAuthentication.label, parameters: parameters, signature: signature.bytes)
      .put(into: &self)
  }
}

/// What a request says about its caller, before anything of it is believed.
package struct ClaimedCaller: Sendable {
  package let device: DeviceID
  /// The account that the request is about; zeros if it is about none.
  package let account: AccountID
  /// The relay for which the request was signed.
  package let relayHash: [UInt8]
  package let challenge: [UInt8]
  private let signature: RequestSignature

  /// Reads the claim of a request; nil if it makes none.
  /// - Throws: `HTTPProblem.malformed` if a signature with the tag of this text is not as it asks for.
  package init?(of request: RelayHTTPRequest) throws(HTTPProblem) {
    guard let signature = try Self.signature(of: request) else { return nil }
    let names = signature.parameters.items.compactMap { item -> String? in
      guard case .string(let name) = item.value, item.parameters.isEmpty else { return nil }
      return name
    }
    guard names.count == signature.parameters.items.count,
      names.sorted() == RequestAuthentication.components.sorted(),
      signature.parameters["alg"] == .string(RequestAuthentication.algorithm),
      case .string(let keyID)? = signature.parameters["keyid"], let keyBytes = Hex.decode(keyID),
      let device = try? DeviceID(bytes: keyBytes), device.description == keyID
    else { throw .malformed }
    self.device = device
    self.signature = signature
    relayHash = try Self.bytes(of: RequestAuthentication.relayField, in: request)
    challenge = try Self.bytes(of: RequestAuthentication.challengeField, in: request)
    guard let account = try request.namedAccount else { throw .malformed }
    self.account = account
  }

  /// Whether the owner of these keys signed the request, and is the device that it names.
  package func isProven(for request: RelayHTTPRequest, by keys: SigningKeys) -> Bool {
    guard keys.deviceID == device, let key = try? Ed25519.PublicKey(bytes: Array(keys.bytes[..<32])) else {
      return false
    }
    return signature.isValid(for: request, by: key)
  }

  private static func signature(of request: RelayHTTPRequest) throws(HTTPProblem) -> RequestSignature? {
    let all: [RequestSignature]
    do { all = try RequestSignature.all(in: request) } catch { throw .malformed }
    let own = all.filter { $0.parameters["tag"] == .string(RequestAuthentication.tag) }
    guard own.count <= 1 else { throw .malformed }
    return own.first
  }

  private static func bytes(
    of field: String, in request: RelayHTTPRequest
  ) throws(HTTPProblem) -> [UInt8] {
    guard let value = request.fields[field], let bytes = try? StructuredFieldParser.bytes(value) else {
      throw .malformed
    }
    return bytes
  }
}

extension RelayHTTPRequest {
  /// The account that the request names; nil if it names none.
  package var namedAccount: AccountID? {
    get throws(HTTPProblem) {
      guard let value = fields[RequestAuthentication.accountField] else { return nil }
      guard let bytes = try? StructuredFieldParser.bytes(value), let account = try? AccountID(bytes: bytes)
      else { throw .malformed }
      return account
    }
  }
}
