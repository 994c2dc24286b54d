#if Server
internal import CoreMetrics
internal import LetterlockHTTPFormat

/// What a server measures. No label has anything of an account, a device or a client in it.
struct ServerMetrics: Sendable {
  /// What is measured of one operation.
  struct Operation: Sendable {
    let answers: [String: Counter]
    let duration: CoreMetrics.Timer
  }

  private let operations: [RelayOperation: Operation]
  private let others: Operation
  let inFlight: Meter
  let connections: Meter
  let eventStreams: Meter
  let receivedBytes: Counter
  let sentBytes: Counter
  let storeErrors: Counter
  let overloads: Counter

  static let help = [
    "letterlock_relay_requests_total": "Requests that were answered, by operation and class of status.",
    "letterlock_relay_request_duration_seconds":
      "From a request's head to the end of its answer, but for event streams.",
    "letterlock_relay_requests_in_flight": "Requests that are being answered, but for event streams.",
    "letterlock_relay_connections": "Connections that are open.",
    "letterlock_relay_event_streams": "Devices that wait to be woken.",
    "letterlock_relay_received_bytes_total": "Bytes that came over connections, heads and TLS included.",
    "letterlock_relay_sent_bytes_total": "Bytes that went over connections, heads and TLS included.",
    "letterlock_relay_store_errors_total": "Requests that failed because of the store or the relay itself.",
    "letterlock_relay_overloads_total": "Requests that were refused because the relay or its store was busy.",
  ]

  /// In seconds.
  static let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  init(_ factory: any MetricsFactory) {
    func operation(_ name: String) -> Operation {
      let classes = ["2xx", "3xx", "4xx", "5xx"].map { status in
        let dimensions = [("operation", name), ("status", status)]
        return (
          status,
          Counter(label: "letterlock_relay_requests_total", dimensions: dimensions, factory: factory)
        )
      }
      return Operation(
        answers: Dictionary(classes) { first, _ in first },
        duration: CoreMetrics.Timer(
          label: "letterlock_relay_request_duration_seconds", dimensions: [("operation", name)],
          factory: factory))
    }
    operations = Dictionary(RelayOperation.allCases.map { ($0, operation($0.rawValue)) }) { first, _ in first
    }
    others = operation("none")
    inFlight = Meter(label: "letterlock_relay_requests_in_flight", factory: factory)
    connections = Meter(label: "letterlock_relay_connections", factory: factory)
    eventStreams = Meter(label: "letterlock_relay_event_streams", factory: factory)
    receivedBytes = Counter(label: "letterlock_relay_received_bytes_total", factory: factory)
    sentBytes = Counter(label: "letterlock_relay_sent_bytes_total", factory: factory)
    storeErrors = Counter(label: "letterlock_relay_store_errors_total", factory: factory)
    overloads = Counter(label: "letterlock_relay_overloads_total", factory: factory)
  }

  /// What is measured of an operation, or of requests that are for none.
  subscript(operation: RelayOperation?) -> Operation { operation.flatMap { operations[$0] } ?? others }
}

extension ServerMetrics.Operation {
  /// Counts an answer.
  func count(status: Int) { answers["\(status / 100)xx"]?.increment() }
}
#endif
