/// A way in which an implementation breaks its contract, as a sentence.
public struct ConformanceFinding: Hashable, Sendable, CustomStringConvertible {
  /// The rule that was checked.
  public let rule: String
  /// What the implementation did.
  public let sentence: String

  /// Creates a finding.
  public init(rule: String, sentence: String) {
    self.rule = rule
    self.sentence = sentence
  }

  /// The rule, then what the implementation did.
  public var description: String { "\(rule): \(sentence)" }
}
