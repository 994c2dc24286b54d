import CryptoCore
import Foundation
@testable import LetterlockFormat
@testable import LetterlockHTTPFormat
@testable import LetterlockTestKit
import TLSCodec

/// Requests, answers and problems over HTTP, with anything in them: whatever is read is written the same, nobody but the
/// owner of a key is proven to be a device, and a problem that is told of is told of again.
struct HTTPRequesting: FuzzTarget {
  private let stage: Stage

  init() throws { stage = try Stage() }

  var seeds: [[UInt8]] {
    let texts =
      stage.fieldTexts.map { [0] + Array($0.utf8) } + stage.problems.map { [1] + $0 }
      + ["from=3&bytes=4096", "after=00", "from=18446744073709551616"].map { [2] + Array($0.utf8) }
      + ["bytes=0-99", "bytes=7-"].map { [3] + Array($0.utf8) } + ["12.40960"].map { [4] + Array($0.utf8) }
      + ["GET\n/v1/log", "PUT\n/v1/blobs/\(String(repeating: "0", count: 32))"].map { [5] + Array($0.utf8) }
    let candidates = stage.bodies + VectorSeeds.all()
    var bodies: [[UInt8]] = []
    for (number, format) in HTTPBodies.formats.enumerated() {
      bodies += candidates.lazy.filter(format.accepts).prefix(3).map { [6, UInt8(number)] + $0 }
    }
    return texts + bodies
      + (0..<12).map { [7, UInt8($0), 1, 5, 9, 3] }
  }

  mutating func run(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let rest = Array(input.dropFirst())
    switch first % 8 {
    case 0: Self.readFields(rest)
    case 1: Self.readProblem(rest)
    case 2: Self.readQuery(rest)
    case 3: Self.readRange(rest)
    case 4: Self.readEvent(rest)
    case 5: Self.readTarget(rest)
    case 6: HTTPBodies.read(rest)
    default: stage.play(Choices(rest))
    }
  }

  private static func readFields(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let bytes = try? StructuredFieldParser.bytes(text) {
      require(BareItem.bytes(bytes).serialized == text, "a byte sequence is written otherwise")
    }
    _ = ContentDigest.names([1, 2, 3], text)
    guard let members = try? StructuredFieldParser.dictionary(text) else { return }
    for (key, member) in members {
      let value =
        switch member {
        case .item(let item): item.serialized
        case .list(let list): list.serialized
        }
      let again = try? StructuredFieldParser.dictionary("\(key)=\(value)")
      require(again?.first?.member == member, "a member is read otherwise when it was written")
    }
  }

  private static func readProblem(_ bytes: [UInt8]) {
    guard let problem = ProblemDetails.problem(in: bytes) else { return }
    require(
      ProblemDetails.problem(in: ProblemDetails.body(of: problem)) == problem, "a problem is told otherwise")
    require((400..<600).contains(problem.status), "a status")
  }

  private static func readQuery(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    for operation in RelayOperation.allCases {
      guard let items = try? QueryItems(text, of: operation.queryNames) else { continue }
      require(items.query == text, "a query is written otherwise")
      for name in operation.queryNames {
        if let number = try? items.number(name) { require("\(number)" == items.text(name), "a number") }
      }
    }
  }

  private static func readRange(_ bytes: [UInt8]) {
    guard let range = ByteRange(String(decoding: bytes, as: UTF8.self)) else { return }
    require(range.last.map { $0 >= range.first } ?? true, "a range that ends before it begins")
    require(ByteRange(range.value) == range, "a range is written otherwise")
  }

  private static func readEvent(_ bytes: [UInt8]) {
    guard let position = AccountPosition(identifier: String(decoding: bytes, as: UTF8.self)) else {
      return
    }
    require(AccountPosition(identifier: position.identifier) == position, "an identifier")
    require(AccountEvents.text(of: position, after: position).isEmpty, "it was told before")
    require(!AccountEvents.text(of: position, after: nil).isEmpty, "it was not told")
  }

  private static func readTarget(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0x0a, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
    guard let method = parts.first, let target = parts.last else { return }
    let request = RelayHTTPRequest(method: method, target: target, fields: HTTPFieldList(), body: [])
    guard let (operation, blob) = try? RelayOperation.find(method: method, path: request.path) else { return }
    require(operation.method == method, "another method")
    require((blob.map(operation.path(of:)) ?? operation.path) == request.path, "another path")
  }
}

/// A device's requests, and what becomes of them on the way.
private struct Stage {
  private let keys: DeviceKeys
  private let other: DeviceKeys
  private let relay = [UInt8](repeating: 7, count: 32)
  private let account = AccountID(unchecked: [UInt8](repeating: 3, count: 32))
  private let challenges: RequestChallenges
  let problems: [[UInt8]]
  let bodies: [[UInt8]]

  init() throws {
    (keys, other) = (try DeviceKeys(), try DeviceKeys())
    challenges = try RequestChallenges(of: CheckpointKey(seed: relay))
    problems = try wait { try await RelayErrorSamples.all() }.get().map {
      ProblemDetails.body(of: .relay($0))
    }
    bodies = [RecoveryRequest(signingKeys: keys.signingKeys).encoded, RelayUsage(quota: 1).encoded]
  }

  var fieldTexts: [String] {
    guard let request = try? signed(RelayHTTPRequest(method: "GET", path: "/v1/usage")) else { return [] }
    return request.fields.all.map(\.value)
  }

  private func signed(_ request: RelayHTTPRequest) throws -> RelayHTTPRequest {
    var request = request
    request.name(account)
    try request.sign(
      by: keys, for: relay, over: challenges.challenge(at: Timestamp(nanosecondsSince1970: 1 << 60)))
    return request
  }

  /// Alters a signed request. It proves the device only if what is signed is the same.
  func play(_ choices: Choices) {
    var choices = choices
    let operation = choices.element(of: RelayOperation.allCases)
    guard let blob = try? BlobID(bytes: [UInt8](repeating: 1, count: 16)) else { return }
    let path = operation.path(of: blob)
    var request = RelayHTTPRequest(method: operation.method, path: path, query: "from=3", body: [1, 2])
    guard let original = try? signed(request) else { return }
    request = original
    alter(&request, &choices)
    _ = try? RelayOperation.find(method: request.method, path: request.path)
    guard let claim = try? ClaimedCaller(of: request) else { return }
    require(!claim.isProven(for: request, by: other.signingKeys), "somebody else is the device")
    guard claim.isProven(for: request, by: keys.signingKeys) else { return }
    require(
      (request.method, request.path, request.query ?? "") == (
        original.method, original.path, original.query ?? ""
      ),
      "another request is proven")
    require(claim.account == account && claim.device == keys.deviceID, "another account is proven")
    let digest = request.fields[ContentDigest.fieldName] ?? ""
    require(
      !ContentDigest.names(request.body, digest) || request.body == original.body, "another body is proven")
  }

  private func alter(_ request: inout RelayHTTPRequest, _ choices: inout Choices) {
    for _ in 0..<choices.below(4) {
      switch choices.below(6) {
      case 0: request.method = choices.element(of: ["GET", "PUT", "POST", "get"])
      case 1: request.path += String(decoding: choices.some(3), as: UTF8.self)
      case 2: request.query = choices.flag() ? nil : String(decoding: choices.some(8), as: UTF8.self)
      case 3: choices.alter(&request.body)
      default:
        let field = choices.element(of: request.fields.all)
        var value = Array(field.value.utf8)
        choices.alter(&value)
        let text = String(decoding: value, as: UTF8.self)
        if choices.flag() {
          request.fields[field.name] = text
        } else {
          request.fields.append(field.name, text)
        }
      }
    }
  }
}

/// Bodies in the presentation language.
enum HTTPBodies {
  static let formats: [Format] = [
    format(EntryRequest.self), format(RecoveryRequest.self), format(BatchRequest.self),
    format(LostPartRequest.self),
    format(PostRequest.self), format(BatchAnswer.self), format(StoredBatch.self), format(HistoryAnswer.self),
    format(ListedBlob.self), format(RelayUsage.self), format(PendingErasure.self),
  ]

  static func read(_ input: [UInt8]) {
    guard let first = input.first else { return }
    _ = formats[Int(first) % formats.count].accepts(Array(input.dropFirst()))
  }
}
