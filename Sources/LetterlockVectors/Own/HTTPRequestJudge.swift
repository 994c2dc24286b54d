import Letterlock
import LetterlockHTTPFormat
import TLSCodec

/// Judges requests as a relay does before it carries them out, with the keys of an account's first entry.
struct HTTPRequestJudge {
  let relayHash: [UInt8]
  let challenge: [UInt8]
  private let challenges: RequestChallenges
  private let account: AccountID
  private let now: Timestamp
  private let keys: [DeviceID: SigningKeys]

  /// - Parameter log: The cases of the file, of which one creates the account.
  init(relay: CheckpointKey, account: AccountID, now: Timestamp, log: [JSONCase]) throws {
    challenges = try RequestChallenges(of: relay)
    relayHash = RequestAuthentication.relayHash(of: relay.publicKey)
    challenge = challenges.challenge(at: now)
    (self.account, self.now) = (account, now)
    let body = log.first { $0.text("name") == "createAccount" }?.bytes("body") ?? []
    let create = try EntryRequest(decoding: body).entry
    guard try AccountLog(create: create).account == account,
      case .create(let change) = create.content.change
    else { throw TLSError.invalidValue }
    let bundles = [change.device.signingKeys, change.recovery.signingKeys]
    keys = Dictionary(uniqueKeysWithValues: bundles.map { ($0.deviceID, $0) })
  }

  func problem(of request: RelayHTTPRequest) -> HTTPProblem? {
    do throws(HTTPProblem) {
      try judge(request)
      return nil
    } catch { return error }
  }

  private func judge(_ request: RelayHTTPRequest) throws(HTTPProblem) {
    let (operation, blob) = try RelayOperation.find(method: request.method, path: request.path)
    if let wanted = operation.bodyMediaType, request.fields["Content-Type"] != wanted {
      throw .wrongMediaType
    }
    let claim = operation.hasCaller ? try self.claim(of: request, operation) : nil
    guard request.body.count <= operation.maximumBodyByteCount else { throw .relay(.tooLarge) }
    let digest = request.fields[ContentDigest.fieldName]
    guard digest.map({ ContentDigest.names(request.body, $0) }) ?? request.body.isEmpty else {
      throw .wrongDigest
    }
    try checkQuery(of: request, operation)
    let keys = try keysOfBody(of: request, operation, blob)
    // Whoever is not proven to be that recovery device is told of no account, and of no problem.
    guard operation == .takeBack else { return }
    guard let keys, let claim, claim.isProven(for: request, by: keys) else { throw .relay(.unknownAccount) }
  }

  private func claim(
    of request: RelayHTTPRequest, _ operation: RelayOperation
  ) throws(HTTPProblem) -> ClaimedCaller? {
    let claim = try ClaimedCaller(of: request)
    if let claim {
      guard claim.relayHash == relayHash else { throw .otherRelay }
      guard challenges.holds(claim.challenge, at: now) else { throw .staleChallenge }
    }
    guard !operation.bringsKeys else { return claim }
    guard let claim, claim.account == account, let keys = keys[claim.device],
      claim.isProven(for: request, by: keys)
    else { throw .relay(.unknownAccount) }
    return claim
  }

  private func checkQuery(of request: RelayHTTPRequest, _ operation: RelayOperation) throws(HTTPProblem) {
    let items = try QueryItems(request.query, of: operation.queryNames)
    if operation == .blobs {
      guard items.text("after").map({ (try? BlobID(bytes: Hex.decode($0) ?? [])) != nil }) ?? true else {
        throw .malformed
      }
    } else {
      for name in operation.queryNames { _ = try items.number(name) }
    }
  }

  /// Decodes the body, by the operation's structure. Returns the caller's keys where it brings them.
  private func keysOfBody(
    of request: RelayHTTPRequest, _ operation: RelayOperation, _ blob: BlobID?
  ) throws(HTTPProblem) -> SigningKeys? {
    do {
      switch operation {
      case .createAccount, .appendLogEntry: _ = try EntryRequest(decoding: request.body)
      case .recoveredAccount: return try RecoveryRequest(decoding: request.body).signingKeys
      case .eraseAccount: _ = try AccountErasure(decoding: request.body)
      case .append: _ = try BatchRequest(decoding: request.body)
      case .newestRecords: _ = try StreamQuery(decoding: request.body)
      case .takeBack: return try LostPartRequest(decoding: request.body).signingKeys
      case .beginBlob:
        guard try BlobUpload(decoding: request.body).blob == blob else { throw TLSError.invalidValue }
      case .removeBlobs: _ = try BlobRemoval(decoding: request.body)
      case .post: _ = try PostRequest(decoding: request.body)
      case .messages: _ = try MailboxID(decoding: request.body)
      default: break
      }
      return nil
    } catch { throw .malformed }
  }
}
