#if Server
internal import CoreMetrics
internal import Synchronization

/// One line, or a few, of a page of metrics.
protocol PrometheusSeries: Sendable {
  /// What stands in `# TYPE`.
  var kind: String { get }

  /// The lines that hold its values.
  func lines(name: String, labels: String) -> [String]
}

extension PrometheusSeries {
  fileprivate func line(_ name: String, _ labels: String..., value: String) -> String {
    let all = labels.filter { !$0.isEmpty }.joined(separator: ",")
    return "\(name)\(all.isEmpty ? "" : "{\(all)}") \(value)"
  }
}

/// A number that grows.
final class PrometheusCounter: PrometheusSeries, CounterHandler {
  private let value = Mutex<UInt64>(0)

  let kind = "counter"

  func increment(by amount: Int64) { value.withLock { $0 &+= UInt64(clamping: amount) } }

  func reset() { value.withLock { $0 = 0 } }

  func lines(name: String, labels: String) -> [String] {
    [line(name, labels, value: "\(value.withLock { $0 })")]
  }
}

/// A number that goes up and down, or a counter of fractions.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler, FloatingPointCounterHandler {
  private let value = Mutex<Double>(0)

  let kind: String

  init(kind: String) { self.kind = kind }

  func set(_ new: Int64) { set(Double(new)) }

  func set(_ new: Double) { value.withLock { $0 = new } }

  func record(_ new: Int64) { set(Double(new)) }

  func record(_ new: Double) { set(new) }

  func increment(by amount: Double) { value.withLock { $0 += amount } }

  func decrement(by amount: Double) { value.withLock { $0 -= amount } }

  func reset() { value.withLock { $0 = 0 } }

  func lines(name: String, labels: String) -> [String] {
    [line(name, labels, value: value.withLock { $0 }.prometheus)]
  }
}

/// How many values were how large.
final class PrometheusHistogram: PrometheusSeries, TimerHandler, RecorderHandler {
  private struct Counts: Sendable {
    /// One for each bound, and one for what is above all.
    var counts: [UInt64]
    var sum = 0.0
  }

  private let bounds: [Double]
  private let values: Mutex<Counts>

  let kind = "histogram"

  init(bounds: [Double]) {
    self.bounds = bounds
    values = Mutex(Counts(counts: [UInt64](repeating: 0, count: bounds.count + 1)))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    let place = bounds.firstIndex { value <= $0 } ?? bounds.count
    values.withLock { values in
      values.counts[place] &+= 1
      values.sum += value
    }
  }

  func lines(name: String, labels: String) -> [String] {
    let values = values.withLock { $0 }
    var (lines, total) = ([String](), UInt64(0))
    for (bound, count) in zip(bounds.map(\.prometheus) + ["+Inf"], values.counts) {
      total &+= count
      lines.append(line("\(name)_bucket", labels, "le=\"\(bound)\"", value: "\(total)"))
    }
    lines.append(line("\(name)_sum", labels, value: values.sum.prometheus))
    lines.append(line("\(name)_count", labels, value: "\(total)"))
    return lines
  }
}

extension Double {
  /// As Prometheus reads it.
  fileprivate var prometheus: String {
    if isNaN { return "NaN" }
    guard isFinite else { return self > 0 ? "+Inf" : "-Inf" }
    return self == rounded() && magnitude < 1e15 ? "\(Int64(self))" : "\(self)"
  }
}
#endif
