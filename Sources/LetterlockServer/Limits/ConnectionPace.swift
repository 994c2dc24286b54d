#if Server
internal import NIOCore

/// How quickly a client sends a connection's requests and reads the answers, and until when it has to.
///
/// The time that the server takes counts for no client: a body is waited for only while the server asks for more of it.
struct ConnectionPace {
  /// What a client is held to.
  struct Rules {
    let headTimeout: TimeAmount
    let bodyGrace: TimeAmount
    let bodyByteRate: Int
    let readerTimeout: TimeAmount
    /// How much of a body that was refused is read, and for how long, so that the client sees the answer.
    var drainByteCount = 1 << 20
    var drainTime = TimeAmount.seconds(10)
  }

  private let rules: Rules
  /// Since when a head has been coming.
  private var headSince: NIODeadline?
  private var isReadingBody = false
  /// Requests of which the head is there and the answer's end is not.
  private var openRequestCount = 0
  /// Since when the server has asked for bytes that have not come.
  private var wantedSince: NIODeadline?
  /// How long the server waited for the body before that.
  private var waited = TimeAmount.zero
  private var bodyByteCount = 0
  /// Since when the rest of a body has been read for nothing, and how much of it came.
  private var drainedSince: NIODeadline?
  private var drainedByteCount = 0
  private var waitingWriteCount = 0
  private var lastProgress: NIODeadline

  init(_ rules: Rules, at now: NIODeadline) { (self.rules, lastProgress, headSince) = (rules, now, now) }

  /// When the client has been too slow, if nothing happens until then.
  var deadline: NIODeadline? {
    var deadlines: [NIODeadline] = []
    if let headSince, openRequestCount == 0 { deadlines.append(headSince + rules.headTimeout) }
    if let wantedSince, isReadingBody { deadlines.append(wantedSince + credit) }
    if waitingWriteCount > 0 { deadlines.append(lastProgress + rules.readerTimeout) }
    if let drainedSince { deadlines.append(drainedSince + rules.drainTime) }
    return deadlines.min()
  }

  /// How much longer the body may be waited for.
  private var credit: TimeAmount {
    let nanoseconds = bodyByteCount.multipliedReportingOverflow(by: 1_000_000_000)
    let earned = nanoseconds.overflow ? Int.max : nanoseconds.partialValue / max(1, rules.bodyByteRate)
    let (sum, overflow) = rules.bodyGrace.nanoseconds.addingReportingOverflow(Int64(earned))
    let (left, isBelow) = (overflow ? Int64.max / 2 : sum).subtractingReportingOverflow(waited.nanoseconds)
    // So long that it is never over, and no sum of it and a time is too large.
    return .nanoseconds(isBelow ? 0 : max(0, min(left, 1 << 60)))
  }

  /// Whether more of a refused body has come than is read for nothing.
  var hasDrainedEnough: Bool { drainedByteCount > rules.drainByteCount }

  /// Bytes came.
  mutating func bytesArrived(at now: NIODeadline) {
    if !isReadingBody, headSince == nil { headSince = now }
  }

  /// The server asks for more.
  mutating func readRequested(at now: NIODeadline) {
    if wantedSince == nil { wantedSince = now }
  }

  /// What came has been handed on; the server asks for more if it wants to.
  mutating func readCompleted(at now: NIODeadline) {
    if let wantedSince, isReadingBody { waited = waited + (now - wantedSince) }
    wantedSince = nil
  }

  /// A head came whole.
  mutating func headArrived(at now: NIODeadline) {
    headSince = nil
    // What was waited for until now was no body.
    if wantedSince != nil { wantedSince = now }
    isReadingBody = true
    openRequestCount += 1
    (waited, bodyByteCount) = (.zero, 0)
  }

  /// Bytes of a body came.
  mutating func bodyArrived(_ byteCount: Int, at now: NIODeadline) {
    bodyByteCount = bodyByteCount.addingReportingOverflow(byteCount).partialValue
    if drainedSince != nil { drainedByteCount += byteCount }
  }

  /// A request came whole.
  mutating func requestEnded() {
    isReadingBody = false
    (drainedSince, drainedByteCount) = (nil, 0)
  }

  /// A piece of an answer waits for the client.
  mutating func writeBegan(at now: NIODeadline) {
    if waitingWriteCount == 0 { lastProgress = now }
    waitingWriteCount += 1
  }

  /// A piece of an answer is on its way.
  mutating func writeEnded(at now: NIODeadline) {
    waitingWriteCount -= 1
    lastProgress = now
  }

  /// An answer was written to its end.
  mutating func answerEnded(at now: NIODeadline) {
    openRequestCount = max(0, openRequestCount - 1)
    guard openRequestCount == 0 else { return }
    if headSince != nil { headSince = now }
    if isReadingBody { drainedSince = now }
  }
}
#endif
