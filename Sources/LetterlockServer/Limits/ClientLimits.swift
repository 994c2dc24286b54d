#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import NIOCore

/// What a process counts of its clients, to hold them to its limits.
final class ClientLimits: Sendable {
  let limits: ServerLimits
  let connections: ConnectionTable
  let buckets: TokenBuckets
  let buffers: ByteBudget
  let streams: EventStreams
  let registration: RegistrationGate
  let paceRules: ConnectionPace.Rules
  /// Those whose addresses stand for many clients.
  private let proxies: [TrustedProxy]

  /// Counts of nothing yet.
  init(
    _ limits: ServerLimits, clock: ServerClock = .system, sharedBy proxies: [TrustedProxy] = []
  ) {
    self.limits = limits
    self.proxies = proxies
    connections = ConnectionTable(total: limits.connectionCount, share: limits.connectionCountPerAddress)
    buckets = TokenBuckets(maximumCount: limits.bucketCount, clock: clock)
    buffers = ByteBudget(
      total: limits.bufferedByteCount, share: limits.bufferedByteCountPerAddress,
      longestWait: limits.bufferWait, clock: clock)
    streams = EventStreams(
      perDevice: limits.eventStreamCountPerDevice, perAccount: limits.eventStreamCountPerAccount)
    registration = RegistrationGate(limits.registration)
    paceRules = ConnectionPace.Rules(
      headTimeout: TimeAmount(limits.headTimeout), bodyGrace: TimeAmount(limits.bodyGrace),
      bodyByteRate: limits.bodyByteRate, readerTimeout: TimeAmount(limits.readerTimeout))
  }

  /// What limits count a client by; nil if none for addresses hold for it.
  func countedAddress(_ address: IPAddress?) -> ClientAddress? {
    guard let address, !proxies.contains(where: { $0.includes(.address(address)) }) else { return nil }
    return address.isLoopback && !limits.countsLoopback ? nil : ClientAddress(address)
  }

  /// What limits count a connection by; nil if none for addresses hold for it.
  func countedAddress(of channel: any Channel) -> ClientAddress? {
    countedAddress(channel.remoteAddress.flatMap { IPAddress($0) })
  }

  /// Lets a request in whose head was not judged yet.
  ///
  /// A stranger who was refused too often waits. Whoever signs may be no stranger, so it waits later.
  func checkStranger(at address: ClientAddress?, isSigned: Bool) throws(HTTPProblem) {
    guard let charge = strangerCharge(address) else { return }
    let level = isSigned ? 1 - Double(charge.rate.burst) : 1
    if let wait = buckets.wait(for: charge, level: level) { throw .tooManyRequests(retryAfter: wait) }
  }

  /// Counts a request that was refused as a stranger's.
  func countRefusal(_ problem: HTTPProblem, at address: ClientAddress?) {
    switch problem {
    case .relay(.unavailable), .tooManyRequests: break
    default: if let charge = strangerCharge(address) { buckets.charge(charge) }
    }
  }

  /// Counts a request that was admitted, with the bytes of its body as far as they were announced.
  func count(
    _ admission: RelayEndpoint.Admission, byteCount: Int, at address: ClientAddress?
  ) throws(HTTPProblem) {
    let wait = buckets.take(charges(for: admission, byteCount: byteCount, at: address))
    if let wait { throw .tooManyRequests(retryAfter: wait) }
  }

  /// Counts bytes of a body that had not been announced.
  func countBody(_ byteCount: Int, of admission: RelayEndpoint.Admission, at address: ClientAddress?) {
    for charge in byteCharges(for: admission, byteCount: byteCount, at: address) { buckets.charge(charge) }
  }

  private func strangerCharge(_ address: ClientAddress?) -> TokenBuckets.Charge? {
    address.map { TokenBuckets.Charge(.stranger, .address($0), limits.rates.strangers) }
  }

  private func charges(
    for admission: RelayEndpoint.Admission, byteCount: Int, at address: ClientAddress?
  ) -> [TokenBuckets.Charge] {
    let rates = limits.rates
    switch admission.operation.limitedKind {
    case .accountCreation?:
      return address.map { [.init(.accountCreation, .address($0), rates.accountCreations)] } ?? []
    case .mailboxPost?: return address.map { [.init(.mailboxPost, .address($0), rates.mailboxPosts)] } ?? []
    case .mailboxRead?: return address.map { [.init(.mailboxRead, .address($0), rates.mailboxReads)] } ?? []
    case .read?: return senderCharges(.read, rates.reads, admission, address)
    case .write?:
      return senderCharges(.write, rates.writes, admission, address)
        + byteCharges(for: admission, byteCount: byteCount, at: address)
    default:
      return (strangerCharge(address).map { [$0] } ?? [])
        + byteCharges(for: admission, byteCount: byteCount, at: address)
    }
  }

  private func byteCharges(
    for admission: RelayEndpoint.Admission, byteCount: Int, at address: ClientAddress?
  ) -> [TokenBuckets.Charge] {
    let operation = admission.operation
    guard byteCount > 0, operation == .takeBack || operation.limitedKind == .write else { return [] }
    return senderCharges(.uploadedByte, limits.rates.uploadedBytes, admission, address, byteCount)
  }

  private func senderCharges(
    _ kind: LimitedKind, _ rates: RequestRates.BySender, _ admission: RelayEndpoint.Admission,
    _ address: ClientAddress?, _ count: Int = 1
  ) -> [TokenBuckets.Charge] {
    var charges: [TokenBuckets.Charge] = []
    if let address { charges.append(.init(kind, .address(address), rates.address, count)) }
    if let device = admission.caller.device {
      charges.append(.init(kind, .device(device), rates.device, count))
      charges.append(.init(kind, .account(admission.account), rates.account, count))
    }
    return charges
  }
}

extension RelayOperation {
  /// By what its requests are counted; nil for those that strangers may send and that are none of the other kinds.
  fileprivate var limitedKind: LimitedKind? {
    switch self {
    case .createAccount: .accountCreation
    case .post: .mailboxPost
    case .messages: .mailboxRead
    case .checkpointKey, .recoveredAccount, .takeBack: nil
    case .logEntries, .wrap, .usage, .pendingErasure, .history, .newestRecords, .newestStreams, .blob,
      .readBlob, .blobs, .events:
      .read
    case .appendLogEntry, .hold, .release, .eraseAccount, .append, .beginBlob, .writeBlob, .removeBlobs:
      .write
    }
  }
}
#endif
