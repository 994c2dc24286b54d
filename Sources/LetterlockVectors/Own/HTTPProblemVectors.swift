import Foundation
import Letterlock
import LetterlockHTTPFormat
import TLSCodec

/// Problems: why a relay over HTTP did not do what it was asked.
enum HTTPProblemVectors: OwnVectorKind {
  static let name = "http-problem"
  static let about =
    "Bodies of answers to requests that were not carried out, and the problem that each tells of; a case that is not valid tells nothing. SPEC.md section 13.7."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let samples = try HTTPProblemSamples()
    var cases: [[String: Any]] = samples.all().map { name, problem, said in
      var test: [String: Any] = [
        "name": name, "problem": problem.name, "status": problem.status, "valid": true,
        "body": String(decoding: ProblemDetails.body(of: problem), as: UTF8.self),
      ]
      if hasFields(problem) { test["fields"] = problem.encodedFields.hex }
      test["retry_after"] = problem.retryAfterSeconds
      return test.merging(said) { $1 }
    }
    for (name, body) in samples.wrong() {
      cases.append(["name": name, "body": body, "valid": false])
    }
    return ([:], cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let problem = ProblemDetails.problem(in: Array((test.text("body") ?? "").utf8))
    guard test.flag("valid") == true else { return problem == nil }
    guard let problem, problem.name == test.text("problem"), problem.status == test.number("status") else {
      return false
    }
    // What it tells of is told in the same words again.
    let again = ProblemDetails.problem(in: ProblemDetails.body(of: problem))
    guard again == problem, problem.retryAfterSeconds.map(Int.init) == test.number("retry_after"),
      hasFields(problem) ? problem.encodedFields == test.bytes("fields") : !test.has("fields")
    else { return false }
    guard case .relay(let error) = problem else { return true }
    return HTTPProblemSamples.said(by: error).allSatisfy { name, value in test.text(name) == value }
  }

  /// Whether a problem may have fields: the binding's own have none but a time.
  private static func hasFields(_ problem: HTTPProblem) -> Bool { !HTTPProblem.plain.contains(problem) }
}

/// Every problem, and within each every fault.
struct HTTPProblemSamples {
  private let maker: HTTPRequestMaker
  private let device: DeviceID
  private let completed: CompletedErasure

  init() throws {
    maker = try HTTPRequestMaker()
    device = maker.phone.deviceID
    let order = try AccountErasure(of: maker.checkpoint, at: HTTPRequestMaker.now, by: maker.recovery)
    completed = CompletedErasure(order: order, final: maker.checkpoint)
  }

  typealias Sample = (name: String, problem: HTTPProblem, said: [String: String])

  func all() -> [Sample] {
    let faults: [(String, RelayError)] =
      entryFaults.map { ("EntryFault: \($0)", .entryRefused($1)) }
      + batchFaults.map { ("BatchFault: \($0)", .batchRefused($1)) }
      + erasureFaults.map { ("ErasureFault: \($0)", .erasureRefused($1)) }
    return binding.map { ($0.name, $0, [:]) }
      + (plain + faults).map { ($0, .relay($1), Self.said(by: $1)) }
  }

  private var binding: [HTTPProblem] {
    HTTPProblem.plain + [.tooManyRequests(retryAfter: .milliseconds(1500))]
  }

  private var plain: [(String, RelayError)] {
    [
      ("unknown-account", .unknownAccount), ("account-exists", .accountExists),
      ("stale-log-head", .staleLogHead(newest: maker.log.head)),
      ("stale-history", .staleHistory(treeSize: 1 << 40)),
      ("recovery-underway", .recoveryUnderway(retryAfter: .seconds(600))),
      ("removal-underway", .removalUnderway(retryAfter: .nanoseconds(2_999_999_999))),
      ("too-many-entries", .tooManyEntries(retryAfter: .milliseconds(600_001))),
      ("too-many-entries, for no time", .tooManyEntries(retryAfter: .zero)),
      ("lost-part-refused", .lostPartRefused), ("wrong-wraps", .wrongWraps),
      ("quota-exceeded", .quotaExceeded(RelayUsage(log: 1, records: 2, blobs: 3, quota: .max))),
      ("blob-refused", .blobRefused), ("account-erased", .accountErased(completed)),
      ("unknown-blob", .unknownBlob), ("too-large", .tooLarge),
      ("unavailable", .unavailable("The disk is full: \u{e9}\n\"x\".")), ("corrupted", .corrupted("")),
      ("internal-error", .internalError("a place")),
    ]
  }

  private var entryFaults: [(String, AccountLogError)] {
    [
      ("it ends too early", .malformed(.truncated)), ("bytes are left over", .malformed(.trailingBytes)),
      ("a length not in its shortest form", .malformed(.nonMinimalLength)),
      ("a length too long", .malformed(.lengthTooLong)), ("an unknown value", .malformed(.unknownValue)),
      ("a value that is not allowed", .malformed(.invalidValue)),
      ("not ascending", .malformed(.notAscending)),
      ("signer not active", .signerNotActive(device)), ("signature does not hold", .badSignature(device)),
      ("unusable key", .unusableKey(device)), ("known already", .deviceKnown(device)),
      ("not active", .deviceNotActive(device)), ("not removable", .notRemovable(device)),
      ("misplaced create", .misplacedCreate), ("other account", .wrongAccount),
      ("predecessor", .wrongPredecessor), ("index", .wrongIndex), ("signers", .wrongSigners),
      ("approvers", .wrongApprovers), ("bundle not signed", .bundleNotSigned),
      ("too many devices", .tooManyDevices), ("leavers", .wrongLeavers), ("rotation", .wrongRotation),
      ("epoch number", .wrongEpochNumber), ("recipients", .wrongRecipients), ("links", .wrongLinks),
      ("the tree shrank", .treeShrank), ("the tree changed", .treeChanged), ("version", .wrongVersion),
      ("no checkpoint key", .noCheckpointKey), ("an announcement stands", .announcementStands),
      ("no announcement stands", .noAnnouncement), ("cooling-off checkpoints", .wrongCoolingOff),
      ("too soon", .tooSoon), ("devices kept", .wrongKept),
    ]
  }

  private var batchFaults: [(String, HistoryError)] {
    [
      ("unknown author", .unknownAuthor(device)), ("signature", .badSignature(device)),
      ("unknown log head", .unknownLogHead(device)), ("author not active", .authorNotActive(device)),
      ("stale log head", .staleLogHead(device)), ("cloned", .deviceCloned(device)),
      ("broken chain", .brokenChain(device)), ("known checkpoint", .badKnownCheckpoint(device)),
      ("known checkpoint too old", .knownCheckpointTooOld(device)), ("erasures", .badErasure(device)),
      ("another history", .otherHistory(device, maker.checkpoint)), ("another record", .tampered(leaf: 1)),
      ("other leaves", .otherLeaves(leaf: 2)), ("another epoch", .wrongEpoch(leaf: 3)),
      ("not in the history", .notInHistory(leaf: 4)), ("not asked for", .notAskedFor(leaf: 1 << 40)),
      ("begun in another history", .epochOfOtherHistory(epoch: 6)),
      ("number of records", .wrongRecordCount), ("the relay's time went back", .timeWentBack),
    ]
  }

  private var erasureFaults: [(String, ErasureRefusal)] {
    [
      ("checkpoint", .badCheckpoint), ("another state", .otherState),
      ("signer not active", .signerNotActive(device)), ("signature does not hold", .badSignature(device)),
      ("last checkpoint", .badFinal), ("too soon", .tooSoon),
    ]
  }

  /// What a problem's fields say, by the names of a case's members.
  static func said(by error: RelayError) -> [String: String] {
    switch error {
    case .entryRefused(let fault):
      switch fault {
      case .signerNotActive(let device), .badSignature(let device), .unusableKey(let device),
        .deviceKnown(let device), .deviceNotActive(let device), .notRemovable(let device):
        ["device": device.bytes.hex]
      default: [:]
      }
    case .batchRefused(let fault): said(by: fault)
    case .erasureRefused(.signerNotActive(let device)), .erasureRefused(.badSignature(let device)):
      ["device": device.bytes.hex]
    case .unavailable(let text), .corrupted(let text), .internalError(let text): ["reason": text]
    default: [:]
    }
  }

  private static func said(by fault: HistoryError) -> [String: String] {
    switch fault {
    case .unknownAuthor(let device), .badSignature(let device), .unknownLogHead(let device),
      .authorNotActive(let device), .staleLogHead(let device), .deviceCloned(let device),
      .brokenChain(let device), .badKnownCheckpoint(let device), .knownCheckpointTooOld(let device),
      .badErasure(let device):
      ["device": device.bytes.hex]
    case .otherHistory(let device, let checkpoint):
      ["device": device.bytes.hex, "checkpoint": checkpoint.encoded.hex]
    case .tampered(let leaf), .otherLeaves(let leaf), .wrongEpoch(let leaf), .notInHistory(let leaf),
      .notAskedFor(let leaf):
      ["leaf": "\(leaf)"]
    case .epochOfOtherHistory(let epoch): ["epoch": "\(epoch)"]
    case .wrongRecordCount, .timeWentBack: [:]
    }
  }

  /// Bodies that tell nothing.
  func wrong() -> [(name: String, body: String)] {
    func body(_ name: String, _ fields: String? = nil) -> String {
      let member = fields.map { ",\"fields\":\"\($0)\"" } ?? ""
      return "{\"type\":\"\(ProblemDetails.typePrefix)\(name)\"\(member)}"
    }
    let size = Base64.encode(UInt64(1).encoded)
    return [
      ("no body", ""), ("no JSON", "<html>"), ("a list", "[]"), ("an object without a type", "{}"),
      ("a type of nobody's", "{\"type\":\"about:blank\"}"), ("an unknown problem", body("new")),
      ("a type of another year", "{\"type\":\"tag:letterlock,2027:problem/unknown-account\"}"),
      ("no fields where there are some", body("stale-history")),
      ("fields where there are none", body("unknown-account", size)),
      ("fields that are no base64", body("stale-history", "%")),
      ("fields that are not padded", body("stale-history", size.replacing("=", with: ""))),
      ("fields that are cut", body("stale-history", Base64.encode([0, 0, 0, 0, 0, 0, 1]))),
      ("a byte too many", body("stale-history", Base64.encode(UInt64(1).encoded + [0]))),
      ("an unknown EntryFault", body("entry-refused", Base64.encode([29]))),
      ("an unknown cause of EntryFault 0", body("entry-refused", Base64.encode([0, 7]))),
      ("an unknown BatchFault", body("batch-refused", Base64.encode([19]))),
      ("an unknown ErasureFault", body("erasure-refused", Base64.encode([6]))),
      ("a fault without its device", body("entry-refused", Base64.encode([1]))),
      ("a reason that is not UTF-8", body("unavailable", Base64.encode([1, 0xff]))),
      ("a time of 2^63 nanoseconds", body("too-many-entries", Base64.encode((UInt64(1) << 63).encoded))),
    ]
  }
}
