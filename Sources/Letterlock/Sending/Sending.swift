internal import CryptoCore
internal import LetterlockFormat

/// Sends messages through the carrier of another device, each at most once. SPEC.md section 10.13.
final class Sending: Sendable {
  private let view: AccountView
  private let lock: AsyncLock
  private let outbox: Outbox
  private let timeline: TimelineReader
  private let pusher: HistoryPusher
  private let clock: DeviceClock
  private let writer: AttachmentWriter
  private let scanner: SendScanner
  let held = HeldClaims()

  init(
    view: AccountView, lock: AsyncLock, timeline: TimelineReader, writer: AttachmentWriter,
    pusher: HistoryPusher, clock: DeviceClock
  ) {
    (self.view, self.lock, self.timeline, self.writer) = (view, lock, timeline, writer)
    (self.pusher, self.clock) = (pusher, clock)
    (outbox, scanner) = (writer.outbox, SendScanner(timeline.history))
  }

  /// Keeps what became of a request.
  func report(_ step: SendReport.Step, of request: SendRequest) throws(DeviceError) {
    try report(step, of: request.id, in: request.message.conversation ?? .account)
  }

  private func report(
    _ step: SendReport.Step, of message: MessageID, in conversation: ConversationID
  ) throws(DeviceError) {
    try outbox.enqueue([.sendReport(SendReport(step, of: message, in: conversation, at: clock.now))])
  }

  private func ledger() throws(DeviceError) -> SendLedger { try scanner.ledger() }

  private func request(of entry: SendLedger.Entry) throws(DeviceError) -> SendRequest {
    guard let record = try timeline.records(at: [entry.position]).first else { throw .historyChanged }
    do throws(ArchiveError) {
      let opened = try timeline.history.archive.openEntry(try SealedRecord(decoding: record))
      guard case .sendRequest(let content) = opened else { throw .notAMessage }
      return SendRequest(content, by: entry.progress.asker)
    } catch { throw .archive(error) }
  }
}

/// The side that asks.
extension Sending {
  /// What a person wants sent.
  struct Draft {
    let text: String
    let files: [AttachmentSource]
    let subject: String?
    let recipients: [Address]
    let conversation: ConversationID
    let device: DeviceID
    let expiresAt: Timestamp
    let limits: CarrierLimits
  }

  /// Seals a request and keeps it.
  func request(_ draft: Draft) throws(DeviceError) -> SendRequest {
    guard !draft.recipients.isEmpty else { throw .sendRefused(.noRecipient) }
    let log = view.log
    guard log.activeDevices.contains(draft.device), draft.device != log.recoveryDevice else {
      throw .unknownDevice(draft.device)
    }
    var sealed: [SealedAttachment] = []
    defer { writer.inProgress.remove(sealed.map(\.attachment.blob)) }
    for file in draft.files { sealed.append(try writer.seal(file)) }
    let content = try content(of: draft, attaching: sealed.map(\.attachment))
    try outbox.enqueue([.sendRequest(content)], blobs: sealed.compactMap(\.blob))
    return SendRequest(content, by: view.device)
  }

  private func content(
    of draft: Draft, attaching attachments: [Attachment]
  ) throws(DeviceError) -> SendRequestContent {
    let plan = CarrierMessage.plan(
      text: draft.text, attachmentByteCounts: attachments.map(\.byteCount), recipients: draft.recipients,
      subject: draft.subject, limits: draft.limits)
    let carrier: Carrier
    var parts: [String] = []
    switch plan {
    case .sms(_, let segments): (carrier, parts) = (.sms, segments)
    case .mms: carrier = .mms
    case .tooLarge(let byteCount, let limit):
      throw .sendRefused(.tooLarge(byteCount: byteCount, limit: limit))
    }
    let message = Message(
      conversation: draft.conversation, sender: .me, sentAt: clock.now, carriage: .carrier(carrier),
      body: .text(RichText(draft.text)), attachments: attachments,
      subject: draft.subject?.isEmpty == true ? nil : draft.subject, recipients: draft.recipients)
    let content = SendRequestContent(
      message, device: draft.device, expiresAt: draft.expiresAt, segments: parts)
    guard let content else { throw .internalError("send request") }
    return content
  }

  /// Says that a message is not wanted any more.
  func cancel(_ message: MessageID) throws(DeviceError) {
    guard let entry = try ledger()[message] else { throw .sendRefused(.unknownRequest) }
    guard entry.progress.state == .waiting else { throw .sendRefused(.settled(entry.progress.state)) }
    try report(.cancelled, of: message, in: entry.conversation)
  }
}

/// The side that sends.
extension Sending {
  /// Returns what waits for this device. What is not to be sent any more is said to be.
  func waiting() throws(DeviceError) -> [SendRequest] {
    var found: [SendRequest] = []
    for entry in try ledger().entries where entry.progress.device == view.device {
      switch entry.progress.state {
      case .waiting:
        if let obstacle = try obstacle(to: entry.progress) {
          try report(obstacle, of: entry.id, in: entry.conversation)
        } else {
          found.append(try request(of: entry))
        }
      case .sending:
        // A claim that the relay did not answer is tried again.
        let isUnused = held.isUnused(entry.progress.claim, of: entry.id)
        if isUnused { found.append(try request(of: entry)) } else { try settle(entry) }
      case .sent, .failed, .outcomeUnknown, .cancelled, .expired, .askerRemoved: break
      }
    }
    return found
  }

  /// Says of a claim that no process holds any more that nobody knows its outcome. Returns the state that it is in then.
  @discardableResult
  private func settle(_ entry: SendLedger.Entry) throws(DeviceError) -> SendState {
    guard let claim = entry.progress.claim, !held.holds(claim, of: entry.id) else { return .sending }
    try report(.outcomeUnknown(claim), of: entry.id, in: entry.conversation)
    return .outcomeUnknown
  }

  /// Why a request that waits is not to be sent; nil if nothing stands against it.
  private func obstacle(to progress: SendProgress) throws(DeviceError) -> SendReport.Step? {
    if try isOver(progress.expiresAt) { return .expired }
    return view.log.activeDevices.contains(progress.asker) ? nil : .askerRemoved
  }

  /// Whether a moment has come by this device's clock, or by the relay's.
  private func isOver(_ moment: Timestamp) throws(DeviceError) -> Bool {
    let checkpoint = try pusher.progress.current().checkpoint
    let relayTime = checkpoint.map { Timestamp(millisecondsSince1970: $0.time) }
    return max(clock.now, relayTime ?? clock.now) >= moment
  }

  /// Claims a request in the history, where the relay and every device see it, and then gives it to the app.
  func claim(_ wanted: SendRequest) async throws(DeviceError) -> ClaimedRequest {
    let (request, claim) = try await lock.locked { () async throws(DeviceError) in
      _ = try pusher.relay.needed()
      try await bringUpToDate()
      let claim = try keepClaim(of: try entry(of: wanted))
      try await bringUpToDate()
      return (try give(claim, of: wanted), claim)
    }
    return ClaimedRequest(request: request, claim: claim, sending: self)
  }

  /// Sends what waits and takes what others sent, until nothing is missing.
  private func bringUpToDate() async throws(DeviceError) {
    try await pusher.puller.pull()
    try await pusher.push()
    // What is missing may be an earlier claim, or a cancellation.
    let history = try timeline.history.verified
    guard history.absent.isEmpty else { throw .historyRefused(.missing(leaves: history.absent)) }
  }

  private func entry(of wanted: SendRequest) throws(DeviceError) -> SendLedger.Entry {
    guard let entry = try ledger()[wanted.id] else { throw .sendRefused(.unknownRequest) }
    guard entry.progress.device == view.device else {
      throw .sendRefused(.anotherDevice(entry.progress.device))
    }
    return entry
  }

  /// Writes a claim down, unless one was that was not used: before the relay sees it, it is on this device's disk.
  private func keepClaim(of entry: SendLedger.Entry) throws(DeviceError) -> Bytes16 {
    let state = entry.progress.state
    if state == .sending, let claim = entry.progress.claim, held.isUnused(claim, of: entry.id) {
      return claim
    }
    guard state == .waiting else {
      throw .sendRefused(.settled(state == .sending ? try settle(entry) : state))
    }
    if let obstacle = try obstacle(to: entry.progress) {
      try report(obstacle, of: entry.id, in: entry.conversation)
      throw .sendRefused(.settled(obstacle == .expired ? .expired : .askerRemoved))
    }
    let claim = Bytes16.random()
    held.begin(claim, of: entry.id)
    do throws(DeviceError) { try report(.claimed(claim), of: entry.id, in: entry.conversation) } catch {
      held.release(entry.id)
      throw error
    }
    return claim
  }

  /// Returns the request for the app, if the claim is the one that counts: the first in the history, before any
  /// cancellation.
  private func give(_ claim: Bytes16, of wanted: SendRequest) throws(DeviceError) -> SendRequest {
    let entry = try entry(of: wanted)
    guard entry.progress.state == .sending, entry.progress.claim == claim else {
      held.release(entry.id)
      throw .sendRefused(.settled(entry.progress.state))
    }
    // A relay can keep a claim back for as long as it likes.
    if let obstacle = try obstacle(to: entry.progress) {
      held.release(entry.id)
      let reason = obstacle == .expired ? "its time was over" : "the device that asked was removed"
      try report(.failed(claim, reason: reason), of: entry.id, in: entry.conversation)
      throw .sendRefused(.settled(.failed(reason)))
    }
    let request = try request(of: entry)
    guard held.give(claim, of: entry.id) else { throw .sendRefused(.settled(.sending)) }
    return request
  }
}
