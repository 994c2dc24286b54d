import CryptoCore
import Letterlock
import LetterlockHTTPFormat

/// Requests that a relay answers with a problem: each breaks one rule of SPEC.md sections 13.1 to 13.4.
struct WrongHTTPRequests {
  let maker: HTTPRequestMaker
  typealias Wrong = (name: String, request: RelayHTTPRequest, problem: HTTPProblem)

  func all() throws -> [Wrong] {
    try operations() + fields() + digests() + queries() + bodies() + signatures() + challenges() + callers()
  }

  private var usage: RelayHTTPRequest { get throws { try maker.signed(maker.request(.usage)) } }
  private var log: RelayHTTPRequest { maker.request(.logEntries, query: "from=0") }
  private var begin: RelayHTTPRequest { maker.request(.beginBlob, body: maker.upload.encoded) }

  /// A request with something altered after it was signed.
  private func altered(
    _ request: RelayHTTPRequest, _ change: (inout RelayHTTPRequest) -> Void
  ) -> RelayHTTPRequest {
    var request = request
    change(&request)
    return request
  }

  private func operations() throws -> [Wrong] {
    let paths = [
      ("another version", "/v2/usage"), ("a path with a slash at its end", "/v1/usage/"),
      ("a path that is encoded", "/v1/usag%65"),
      ("a BlobID in upper case", "/v1/blobs/" + String(repeating: "A", count: 32)),
      ("a BlobID that is cut", "/v1/blobs/00"),
    ]
    return try paths.map { name, path in
      (name, try maker.signed(altered(maker.request(.usage)) { $0.path = path }), .unknownOperation)
    } + [
      ("another method", try maker.signed(altered(log) { $0.method = "DELETE" }), .wrongMethod),
      (
        "a body of another media type",
        try maker.signed(altered(begin) { $0.fields["Content-Type"] = "application/json" }), .wrongMediaType
      ),
      (
        "a body of no media type", try maker.signed(altered(begin) { $0.fields["Content-Type"] = nil }),
        .wrongMediaType
      ),
    ]
  }

  private func fields() throws -> [Wrong] {
    let names = ["Letterlock-Relay", "Letterlock-Account", "Letterlock-Challenge"]
    let twice: [Wrong] = try names.map { name in
      let request = try usage
      return (
        "\(name) twice", altered(request) { $0.fields.append(name, request.fields[name] ?? "") }, .malformed
      )
    }
    let request = try usage
    let account = request.fields["Letterlock-Account"] ?? ""
    let values = [
      ("no Byte Sequence", "\"account\""), ("not closed", String(account.dropLast())),
      ("with a parameter", account + ";a"), ("not padded", account.replacing("=", with: "")),
      ("of 31 bytes", BareItem.bytes(Array(maker.account.bytes.dropLast())).serialized),
    ]
    return twice
      + values.map { name, value in
        (
          "Letterlock-Account \(name)", altered(request) { $0.fields["Letterlock-Account"] = value },
          .malformed
        )
      } + names.map { name in ("no \(name)", altered(request) { $0.fields[name] = nil }, .malformed) }
  }

  private func digests() throws -> [Wrong] {
    let other = ContentDigest.value(of: [1])
    let (begun, create) = (begin, maker.request(.post, body: [UInt8](repeating: 0, count: 33)))
    return [
      ("a body without a digest", altered(create) { $0.fields["Content-Digest"] = nil }, .wrongDigest),
      (
        "the digest of another body",
        try maker.signed(altered(begun) { $0.fields["Content-Digest"] = other }),
        .wrongDigest
      ),
      (
        "a body that was exchanged", altered(try maker.signed(begun)) { $0.body = $0.body.flipping(40) },
        .wrongDigest
      ),
      (
        "a digest by another algorithm alone",
        try maker.signed(altered(begun) { $0.fields["Content-Digest"] = "sha-512=:AAAA:" }), .wrongDigest
      ),
      (
        "a signed request without a digest", altered(try usage) { $0.fields["Content-Digest"] = nil },
        .relay(.unknownAccount)
      ),
      (
        "a body that is too large",
        try maker.signed(maker.request(.beginBlob, body: VectorSeed.bytes("long", count: 8193))),
        .relay(.tooLarge)
      ),
      (
        "a body where there is none", try maker.signed(altered(maker.request(.usage, body: [1])) { _ in }),
        .relay(.tooLarge)
      ),
    ]
  }

  private func queries() throws -> [Wrong] {
    let queries: [(String, String?)] = [
      ("no query", nil), ("a query without a value", "from"), ("a name twice", "from=0&from=0"),
      ("an unknown name", "from=0&account=1"), ("a leading zero", "from=00"), ("a sign", "from=+1"),
      ("a number of 2^64", "from=18446744073709551616"), ("an empty value", "from="),
      ("an ampersand at the end", "from=0&"),
    ]
    return try queries.map { name, query in
      (name, try maker.signed(altered(log) { $0.query = query }), .malformed)
    } + [
      (
        "a query where there is none", try maker.signed(altered(maker.request(.usage)) { $0.query = "x=1" }),
        .malformed
      ),
      (
        "a BlobID to go on after that is cut", try maker.signed(maker.request(.blobs, query: "after=00")),
        .malformed
      ),
    ]
  }

  private func bodies() throws -> [Wrong] {
    let other = String(repeating: "0", count: 32)
    return [
      (
        "a body that is cut",
        try maker.signed(maker.request(.beginBlob, body: Array(maker.upload.encoded.dropLast()))), .malformed
      ),
      (
        "a byte too many", try maker.signed(maker.request(.beginBlob, body: maker.upload.encoded + [0])),
        .malformed
      ),
      (
        "the BlobUpload of another blob",
        try maker.signed(altered(begin) { $0.path = "/v1/blobs/" + other }), .malformed
      ),
    ]
  }

  private func signatures() throws -> [Wrong] {
    let request = try usage
    let input = request.fields["Signature-Input"] ?? ""
    let changes = [
      ("a component less", input.replacing("\"@query\" ", with: "")),
      ("a component twice", input.replacing("\"@query\" ", with: "\"@query\" \"@query\" ")),
      ("a component more", input.replacing("\"@query\" ", with: "\"@query\" \"@authority\" ")),
      ("a component with a parameter", input.replacing("\"@path\"", with: "\"@path\";req")),
      ("another algorithm", input.replacing("ed25519", with: "hmac-sha256")),
      ("no algorithm", input.replacing(";alg=\"ed25519\"", with: "")),
      (
        "a keyid that is cut",
        input.replacing("keyid=\"" + maker.phone.deviceID.description.prefix(2), with: "keyid=\"")
      ),
      (
        "a keyid in upper case",
        input.replacing(maker.phone.deviceID.description, with: maker.phone.deviceID.description.uppercased())
      ),
      ("a Signature-Input of another name", input.replacing("letterlock=", with: "other=")),
      ("no Signature-Input", ""), ("a Signature-Input that is no dictionary", "letterlock=("),
    ]
    let twice = input + ", " + input.replacing("letterlock=", with: "again=")
    let signature = request.fields["Signature"] ?? ""
    return changes.map { name, value in
      (name, altered(request) { $0.fields["Signature-Input"] = value }, .malformed)
    } + [
      (
        "two signatures of a device",
        altered(request) {
          $0.fields["Signature-Input"] = twice
          $0.fields["Signature"] = signature + ", " + signature.replacing("letterlock=", with: "again=")
        }, .malformed
      ),
      (
        "a Signature-Input without a Signature", altered(request) { $0.fields["Signature"] = nil }, .malformed
      ),
      (
        "a signature with another tag",
        altered(request) { $0.fields["Signature-Input"] = input.replacing("letterlock/1", with: "other") },
        .relay(.unknownAccount)
      ),
    ]
  }

  private func challenges() throws -> [Wrong] {
    func over(_ time: UInt64) throws -> RelayHTTPRequest {
      let challenge = maker.challenges.challenge(at: HTTPRequestMaker.timestamp(time))
      return try maker.signed(maker.request(.usage), over: challenge)
    }
    let time = HTTPRequestMaker.time
    let other = try CheckpointKey(seed: VectorSeed.bytes("another relay"))
    let stale = [UInt8](repeating: 0, count: 40)
    let foreign = try RequestChallenges(of: other).challenge(at: HTTPRequestMaker.now)
    let cases: [(String, RelayHTTPRequest)] = [
      ("a challenge of more than 5 minutes ago", try over(time - 300_001)),
      ("a challenge of more than a minute to come", try over(time + 60_001)),
      ("a challenge of another relay", try maker.signed(maker.request(.usage), over: foreign)),
      (
        "a challenge that is altered",
        try maker.signed(maker.request(.usage), over: maker.challenge.flipping(7))
      ),
      ("a challenge that is cut", try maker.signed(maker.request(.usage), over: maker.challenge.dropLast())),
      (
        "a stale challenge, and a signature that does not hold",
        altered(try maker.signed(maker.request(.usage), over: stale)) { $0.path = "/v1/erasure" }
      ),
    ]
    return cases.map { ($0, $1, .staleChallenge) } + [
      ("another relay", try maker.signed(maker.request(.usage), for: other), .otherRelay),
      (
        "another relay, and a stale challenge",
        try maker.signed(maker.request(.usage), over: stale, for: other), .otherRelay
      ),
    ]
  }

  private func callers() throws -> [Wrong] {
    let (stranger, none) = (try TestKeys.keys("stranger"), AccountID.none)
    let foreign = AccountID(unchecked: VectorSeed.bytes("another account"))
    let signature = [UInt8](repeating: 0, count: 64)
    let unsigned = altered(maker.request(.usage)) { $0.name(maker.account) }
    let cases: [(String, RelayHTTPRequest)] = [
      ("no signature", unsigned),
      ("a device of no account", try maker.signed(maker.request(.usage), by: stranger)),
      ("another account", try maker.signed(maker.request(.usage), about: foreign)),
      ("no account", try maker.signed(maker.request(.usage), about: none)),
      (
        "the method altered",
        altered(try maker.signed(maker.request(.appendLogEntry))) {
          $0.method = "GET"
          $0.query = "from=0"
        }
      ),
      ("the path altered", altered(try usage) { $0.path = "/v1/erasure" }),
      ("the query altered", altered(try maker.signed(log)) { $0.query = "from=1" }),
      (
        "the digest altered",
        altered(try usage) { $0.fields["Content-Digest"] = ContentDigest.value(of: [1]) }
      ),
      ("the account altered", altered(try usage) { $0.name(foreign) }),
      (
        "the challenge exchanged",
        altered(try usage) {
          let earlier = maker.challenges.challenge(at: HTTPRequestMaker.timestamp(HTTPRequestMaker.time - 1))
          $0.fields["Letterlock-Challenge"] = BareItem.bytes(earlier).serialized
        }
      ),
      (
        "the signature altered",
        altered(try usage) { $0.fields["Signature"] = "letterlock=\(BareItem.bytes(signature).serialized)" }
      ),
    ]
    return cases.map { ($0, $1, .relay(.unknownAccount)) }
  }
}
