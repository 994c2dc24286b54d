import LetterlockFormat
import LetterlockHTTPFormat
import TLSCodec
import Testing

@Suite("SPEC.md section 13.3: who makes a request")
struct RequestAuthenticationTests {
  let keys: DeviceKeys
  let account = AccountID(unchecked: [UInt8](repeating: 3, count: 32))
  let checkpointKey = [UInt8](repeating: 7, count: 32)
  let challenge = [UInt8](repeating: 9, count: 40)

  init() throws { keys = try DeviceKeys() }

  func signedRequest() throws -> RelayHTTPRequest {
    var request = RelayHTTPRequest(method: "PATCH", path: "/v1/blobs/00", query: "offset=5", body: [1, 2, 3])
    request.name(account)
    try request.sign(by: keys, for: checkpointKey, over: challenge)
    return request
  }

  func isProven(_ request: RelayHTTPRequest) throws -> Bool {
    let claim = try #require(try ClaimedCaller(of: request))
    return claim.isProven(for: request, by: keys.signingKeys)
  }

  @Test
  func `a request that a device signed proves the device`() throws {
    let request = try signedRequest()
    let claim = try #require(try ClaimedCaller(of: request))
    #expect(claim.device == keys.deviceID)
    #expect(claim.account == account)
    #expect(claim.challenge == challenge)
    #expect(claim.relayHash == RequestAuthentication.relayHash(of: checkpointKey))
    #expect(try isProven(request))
    #expect(claim.isProven(for: request, by: try DeviceKeys().signingKeys) == false)
  }

  @Test
  func `a request about no account names zeros`() throws {
    var request = RelayHTTPRequest(method: "POST", path: "/v1/recovery")
    try request.sign(by: keys, for: checkpointKey, over: challenge)
    #expect(try ClaimedCaller(of: request)?.account.bytes == [UInt8](repeating: 0, count: 32))
  }

  @Test
  func `each covered component is held by the signature`() throws {
    let other = BareItem.bytes([UInt8](repeating: 1, count: 32)).serialized
    let alterations: [(String, (inout RelayHTTPRequest) -> Void)] = [
      ("@method", { $0.method = "PUT" }),
      ("@path", { $0.path = "/v1/blobs/01" }),
      ("@query", { $0.query = "offset=6" }),
      ("@query", { $0.query = nil }),
      ("content-digest", { $0.fields["Content-Digest"] = ContentDigest.value(of: [1, 2, 4]) }),
      ("letterlock-relay", { $0.fields["Letterlock-Relay"] = other }),
      ("letterlock-account", { $0.fields["Letterlock-Account"] = other }),
      ("letterlock-challenge", { $0.fields["Letterlock-Challenge"] = other }),
    ]
    #expect(Set(alterations.map(\.0)) == Set(RequestAuthentication.components))
    for (component, alter) in alterations {
      var request = try signedRequest()
      alter(&request)
      #expect(try !isProven(request), "\(component)")
    }
  }

  @Test
  func `a field that is there twice is not the one that was signed`() throws {
    for field in ["letterlock-challenge", "letterlock-account", "letterlock-relay", "content-digest"] {
      var request = try signedRequest()
      request.fields.append(field, try #require(request.fields[field]))
      // Refused as no field of its kind, or for the signature.
      let proven = try? isProven(request)
      #expect(proven != true, "\(field)")
    }
  }

  @Test
  func `a signature that covers less, names another algorithm or no device is refused`() throws {
    let original = try signedRequest()
    let input = try #require(original.fields["Signature-Input"])
    let changes = [
      input.replacing("\"@query\" ", with: ""),
      input.replacing("\"@query\" ", with: "\"@query\" \"@query\" "),
      input.replacing(" \"letterlock-challenge\"", with: ""),
      input.replacing("ed25519", with: "hmac-sha256"), input.replacing(";alg=\"ed25519\"", with: ""),
      input.replacing("keyid=\"", with: "keyid=\"AA"), input.replacing("letterlock=", with: "other="),
      input.replacing("\"@path\"", with: "\"@path\";req"), input + ", b=()", "letterlock=(",
    ]
    for change in changes {
      #expect(change != input)
      var request = original
      request.fields["Signature-Input"] = change
      #expect(throws: HTTPProblem.malformed, "\(change)") { try ClaimedCaller(of: request) }
    }
  }

  @Test
  func `parameters that others add, and any order, are signed as they stand`() throws {
    var request = try signedRequest()
    let order = Array(RequestAuthentication.components.reversed())
    let parameters = FieldInnerList(
      order.map { FieldItem(.string($0)) },
      [
        FieldParameter("tag", .string("letterlock/1")), FieldParameter("created", .integer(1_618_884_473)),
        FieldParameter("alg", .string("ed25519")),
        FieldParameter("keyid", .string(keys.deviceID.description)),
      ])
    let base = try #require(SignatureBase.bytes(of: request, covering: parameters))
    let signature = try keys.signRequest(base).bytes
    RequestSignature(label: "sig1", parameters: parameters, signature: signature).put(into: &request)
    #expect(try isProven(request))
    request.fields["Signature-Input"] = request.fields["Signature-Input"]?.replacing("4473", with: "4474")
    #expect(try !isProven(request))
  }

  @Test
  func `a signature with another tag says nothing`() throws {
    var request = try signedRequest()
    request.fields["Signature-Input"] = request.fields["Signature-Input"]?.replacing(
      "letterlock/1", with: "x")
    #expect(try ClaimedCaller(of: request) == nil)
  }

  @Test
  func `a device signs no other bytes as a request`() throws {
    #expect(throws: FormatError.self) { try keys.signRequest(Array("letterlock/1 sig".utf8)) }
    #expect(throws: FormatError.self) { try keys.signRequest([]) }
  }
}

@Suite("SPEC.md section 13.4: challenges")
struct RequestChallengeTests {
  let now = Timestamp(nanosecondsSince1970: 1_700_000_000_000_000_000)

  func later(_ seconds: Int64) -> Timestamp {
    Timestamp(nanosecondsSince1970: now.nanosecondsSince1970 + seconds * 1_000_000_000)
  }

  @Test
  func `a challenge holds for five minutes, at every process of the relay`() throws {
    let key = try CheckpointKey()
    let challenge = try RequestChallenges(of: key).challenge(at: now)
    let other = try RequestChallenges(of: CheckpointKey(seed: key.exportSeed()))
    #expect(other.holds(challenge, at: now))
    #expect(other.holds(challenge, at: later(300)))
    #expect(!other.holds(challenge, at: later(301)))
    // The clocks of two processes differ a little.
    #expect(other.holds(challenge, at: later(-60)))
    #expect(!other.holds(challenge, at: later(-61)))
  }

  @Test
  func `a challenge that was altered, cut, or given by another relay does not hold`() throws {
    let challenges = try RequestChallenges(of: CheckpointKey())
    let challenge = challenges.challenge(at: now)
    #expect(challenge.count == 40)
    for index in challenge.indices {
      var altered = challenge
      altered[index] ^= 1
      #expect(!challenges.holds(altered, at: now))
    }
    for cut in [[], Array(challenge.dropLast()), challenge + [0]] {
      #expect(!challenges.holds(cut, at: now))
    }
    #expect(try !RequestChallenges(of: CheckpointKey()).holds(challenge, at: now))
  }
}
