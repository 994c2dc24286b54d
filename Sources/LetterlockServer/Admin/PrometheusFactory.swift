#if Server
internal import CoreMetrics
internal import Synchronization

/// Keeps what is measured, and writes it as Prometheus reads it: text format 0.0.4.
final class PrometheusFactory: MetricsFactory, Sendable {
  /// What a metric is called, and what tells its series apart.
  private struct Key: Hashable, Comparable {
    let name: String
    /// `a="1",b="2"`, in the order in which they were given.
    let labels: String

    static func < (first: Key, second: Key) -> Bool {
      (first.name, first.labels) < (second.name, second.labels)
    }
  }

  private let series = Mutex<[Key: any PrometheusSeries]>([:])
  /// What stands in `# HELP`, by name.
  private let help: [String: String]
  private let buckets: [Double]

  /// - Parameters:
  ///   - help: What each metric is, by name.
  ///   - buckets: The upper bounds of a histogram of seconds, ascending.
  init(help: [String: String], buckets: [Double]) { (self.help, self.buckets) = (help, buckets) }

  /// The page.
  var text: String {
    var lines: [String] = []
    var last: String?
    for (key, series) in series.withLock({ $0.sorted { $0.key < $1.key } }) {
      if key.name != last {
        if let help = help[key.name] { lines.append("# HELP \(key.name) \(help)") }
        lines.append("# TYPE \(key.name) \(series.kind)")
        last = key.name
      }
      lines += series.lines(name: key.name, labels: key.labels)
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func find<Series: PrometheusSeries>(
    _ label: String, _ dimensions: [(String, String)], _ make: () -> Series
  ) -> Series {
    let labels = dimensions.map { "\(Self.name($0.0))=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    let key = Key(name: Self.name(label), labels: labels)
    return series.withLock { all in
      // A name has one kind: a second one is measured, and not shown.
      if let found = all[key] { return found as? Series ?? make() }
      let new = make()
      all[key] = new
      return new
    }
  }

  private static func name(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}

/// Making them, and letting go of none: what was counted stays counted.
extension PrometheusFactory {
  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    find(label, dimensions) { PrometheusCounter() }
  }

  func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    find(label, dimensions) { PrometheusGauge(kind: "counter") }
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    find(label, dimensions) { PrometheusGauge(kind: "gauge") }
  }

  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    aggregate
      ? find(label, dimensions) { PrometheusHistogram(bounds: buckets) }
      : find(label, dimensions) { PrometheusGauge(kind: "gauge") }
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    find(label, dimensions) { PrometheusHistogram(bounds: buckets) }
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
}
#endif
