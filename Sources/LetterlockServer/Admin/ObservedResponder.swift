#if Server
internal import CoreMetrics
internal import HTTPTypes
internal import Hummingbird
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import LetterlockRelayKit
internal import Logging
internal import Synchronization

/// Measures each request, and logs it if it is to.
struct ObservedResponder<Next: HTTPResponder>: HTTPResponder where Next.Context == RelayRequestContext {
  let metrics: ServerMetrics
  let log: RequestLog
  let next: Next

  func respond(to request: Request, context: RelayRequestContext) async throws -> Response {
    let path = request.head.path?.prefix { $0 != "?" } ?? ""
    let found = try? RelayOperation.find(method: request.method.rawValue, path: String(path))
    let span = RequestSpan(
      found?.operation, metrics: metrics, log: log, address: context.clientAddress?.description)
    var response = try await next.respond(to: request, context: context)
    span.begin(status: response.status.code, problem: context.notes.problem)
    guard response.body.contentLength != 0 else {
      span.end()
      return response
    }
    let body = response.body
    response.body = ResponseBody(contentLength: body.contentLength) { writer in
      defer { span.end() }
      try await body.write(writer)
    }
    return response
  }
}

/// A request from its head to the end of its answer, or to its connection's.
private final class RequestSpan: Sendable {
  private struct State: Sendable {
    var status: Int?
    var isOver = false
  }

  private let operation: RelayOperation?
  private let metrics: ServerMetrics
  private let log: RequestLog
  private let address: String?
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  init(_ operation: RelayOperation?, metrics: ServerMetrics, log: RequestLog, address: String?) {
    (self.operation, self.metrics, self.log, self.address) = (operation, metrics, log, address)
    gauge.increment(by: 1)
  }

  deinit { end() }

  private var isStream: Bool { operation == .events }

  private var gauge: Meter { isStream ? metrics.eventStreams : metrics.inFlight }

  func begin(status: Int, problem: HTTPProblem?) {
    state.withLock { $0.status = status }
    metrics[operation].count(status: status)
    guard case .relay(let error)? = problem else { return }
    if error.isFault { metrics.storeErrors.increment() }
    if error.isOverload { metrics.overloads.increment() }
  }

  /// Once, however often it is called.
  func end() {
    let status = state.withLock { state -> Int?? in
      guard !state.isOver else { return nil }
      state.isOver = true
      return .some(state.status)
    }
    guard let status else { return }
    gauge.decrement(by: 1)
    let duration = start.duration(to: .now)
    if !isStream { metrics[operation].duration.record(duration: duration) }
    log.write(operation, status: status, duration: duration, address: address)
  }
}

/// What of a request stands in the log: nothing, unless it is asked for.
struct RequestLog: Sendable {
  let logger: Logger
  let isOn: Bool
  let hasAddresses: Bool

  func write(_ operation: RelayOperation?, status: Int?, duration: Duration, address: String?) {
    guard isOn else { return }
    let milliseconds = duration / .milliseconds(1)
    var line = "\(operation?.rawValue ?? "none") \(status.map(String.init) ?? "-")"
    line += " \(Int(milliseconds.rounded())) ms"
    if hasAddresses { line += " from \(address ?? "-")" }
    logger.notice("\(line)")
  }
}
#endif
