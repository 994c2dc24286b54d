import Synchronization

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// An account whose phone does several things at once, and what they need: both devices vote on the recovery key, which
/// the Mac put in force, and a message has a file that the relay holds.
final class ConcurrentScene: Sendable {
  let house: Household
  private let recoveryKey: [UInt8]
  private let file: Attachment
  private let asked = Mutex<SendRequest?>(nil)
  private let handedOver = Mutex<[SendState]>([])

  init() async throws {
    house = try await Household()
    let (phone, mac) = (house.phone, house.mac)
    let key = try mac.prepareRecoveryKey()
    recoveryKey = key.secret.exportRawBytes()
    try await mac.replaceRecoveryKey(try house.key(), approvers: [phone.id, mac.id])
    try mac.confirmRecoveryKey()
    let source = AttachmentSource(mediaType: "a/b", content: .bytes([UInt8](repeating: 2, count: 3_000)))
    try phone.append(.note("a file that is kept"), attaching: [source], to: house.chat)
    try await phone.sync()
    guard let file = try phone.timeline().messages.flatMap(\.attachments).first else {
      throw DeviceError.historyChanged
    }
    self.file = file
  }

  /// The recovery key that was in force at first.
  func key() throws -> RecoveryKey {
    guard let key = RecoveryKey(secret: recoveryKey) else { throw DeviceError.noSuchAccount }
    return key
  }

  /// A proposal of a device, with its key prepared, and the vote of the other one.
  func agreement(on proposer: Device, by voter: Device) async throws -> (RecoveryProposal, RecoveryVote) {
    _ = try proposer.prepareRecoveryKey()
    let proposal = try proposer.proposeRecoveryKey()
    return (proposal, try await voter.vote(for: proposal, confirmedBy: proposal.code))
  }

  /// A recovery key of the phone that is announced.
  func announce() async throws {
    guard house.phone.log.announcement == nil else { return }
    let (proposal, vote) = try await agreement(on: house.phone, by: house.mac)
    try await house.phone.announceRecoveryKey(by: proposal, votes: [vote])
  }

  /// What the Mac asks the phone to send: all that a pair does is about one request.
  func request() async throws -> SendRequest {
    if let request = asked.withLock({ $0 }) { return request }
    let tomorrow = Timestamp.now.adding(86_400_000_000_000)
    let request = try house.mac.requestSend(
      "to be sent once", to: ["+15550100"], in: house.chat, through: house.phone.id, expiresAt: tomorrow)
    try await house.mac.sync()
    try await house.phone.sync()
    asked.withLock { $0 = request }
    return request
  }

  /// Claims the request, and says that it was sent, or why not.
  func claim(_ request: SendRequest, failure: String?) async throws {
    let claimed = try await house.phone.claim(request)
    handedOver.withLock { $0.append(failure.map { .failed($0) } ?? .sent) }
    if let failure { try claimed.failed(failure) } else { try claimed.sent() }
  }

  /// Whether the request was claimed once at most, and is shown as what came of that.
  func isSentOnce(_ request: SendRequest) throws -> Bool {
    let outcomes = handedOver.withLock { $0 }
    guard let outcome = outcomes.first else { return true }
    let shown = try house.phone.timeline().messages.first { $0.id == request.id }
    guard outcomes.count == 1, let shown else { return outcomes.count == 1 }
    if case .requested(_, let state)? = shown.delivery { return state == outcome }
    return outcome == .sent
  }

  func readFile() async throws { try await house.phone.read(file) { _ in } }

  /// An order of the Mac to erase the account, which waits.
  func orderErasure() async throws {
    try await house.mac.sync()
    let prepared = try await house.mac.prepareErasure()
    try await prepared.confirm(prepared.code)
  }
}
