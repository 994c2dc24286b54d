internal import CryptoCore
internal import Dispatch
public import Letterlock
internal import Synchronization

/// Checks that an implementation of `KeyVault` keeps the protocol's contract.
///
/// ```swift
/// let suite = KeyVaultConformance {
///   let path = try TemporaryFolder().path + "/keys"
///   return { MyVault(path: path) }
/// }
/// #expect(suite.run() == [])
/// ```
///
/// It cannot check that nothing is half-done when the process or the power goes at any point: an implementer kills a
/// process of their own for that.
public struct KeyVaultConformance: Sendable {
  /// Opens the vault at one place, again and again.
  public typealias Open = @Sendable () throws -> any KeyVault

  /// A rule of the contract.
  public enum Rule: String, CaseIterable, Sendable {
    /// `load` returns nil before the first save.
    case newVault = "a new vault is empty"
    /// What was saved comes back, by a vault that is opened again.
    case contents = "a vault that is opened again holds what was saved last"
    /// Secrets and state of any length come back.
    case lengths = "contents of any length are kept whole"
    /// `save` into an empty vault names no version.
    case firstSave = "only a save that replaces nothing fills an empty vault"
    /// `save` names the version that the vault holds.
    case otherVersion = "a save that replaces another version is a conflict and changes nothing"
    /// Of saves at once, one takes the place of a version.
    case concurrentSaves = "of several saves at once that replace one version, one counts"
  }

  private let makePlace: @Sendable () throws -> Open

  /// Creates the suite.
  /// - Parameter makePlace: Makes a place for a new vault, once for each rule, and returns what opens it.
  public init(_ makePlace: @escaping @Sendable () throws -> Open) { self.makePlace = makePlace }

  /// Checks every rule. An implementation that keeps the contract has no finding.
  public func run() -> [ConformanceFinding] { Rule.allCases.flatMap(run) }

  /// Checks one rule.
  public func run(_ rule: Rule) -> [ConformanceFinding] {
    var check = VaultCheck(rule)
    do {
      let open = try makePlace()
      switch rule {
      case .newVault: check.expect(try open().load() == nil, "The vault holds something.")
      case .contents: try check.contents(open)
      case .lengths: try check.lengths(open)
      case .firstSave: try check.firstSave(open)
      case .otherVersion: try check.otherVersion(open)
      case .concurrentSaves: try check.concurrentSaves(open)
      }
    } catch { check.expect(false, "A call throws an error: \(error).") }
    return check.findings
  }
}

/// One rule that is checked.
private struct VaultCheck {
  private let rule: KeyVaultConformance.Rule
  private(set) var findings: [ConformanceFinding] = []

  init(_ rule: KeyVaultConformance.Rule) { self.rule = rule }

  mutating func expect(_ condition: Bool, _ sentence: String) {
    if !condition { findings.append(ConformanceFinding(rule: rule.rawValue, sentence: sentence)) }
  }

  private static func contents(_ version: UInt64, _ length: Int = 64) -> VaultContents {
    VaultContents(
      version: version,
      secrets: SecretKey(copying: [UInt8](repeating: UInt8(truncatingIfNeeded: version), count: length)),
      state: [UInt8](repeating: UInt8(truncatingIfNeeded: ~version), count: length))
  }

  private mutating func holds(_ expected: VaultContents, _ open: KeyVaultConformance.Open, _ when: String)
    throws
  {
    guard let found = try open().load() else { return expect(false, "The vault is empty \(when).") }
    expect(
      found.version == expected.version, "The version is \(found.version) \(when), not \(expected.version).")
    expect(found.state == expected.state, "The state is another one \(when).")
    expect(found.secrets.isEqual(to: expected.secrets), "The secrets are others \(when).")
    expect(!found.isDamaged, "The vault says \(when) that it was damaged.")
  }

  mutating func contents(_ open: KeyVaultConformance.Open) throws {
    try open().save(Self.contents(1), replacing: nil)
    try holds(Self.contents(1), open, "after the first save")
    for version in 2...20 as ClosedRange<UInt64> {
      try open().save(Self.contents(version), replacing: version - 1)
      try holds(Self.contents(version), open, "after save \(version)")
    }
  }

  mutating func lengths(_ open: KeyVaultConformance.Open) throws {
    var version: UInt64 = 0
    for length in [0, 1, 63, 64, 16_383, 16_384, 300_000, 5] {
      let next = Self.contents(version + 1, length)
      try open().save(next, replacing: version == 0 ? nil : version)
      version += 1
      try holds(next, open, "with \(length) bytes")
    }
  }

  mutating func firstSave(_ open: KeyVaultConformance.Open) throws {
    for version in [0, 1, .max] as [UInt64] {
      expect(
        refuses(Self.contents(1), replacing: version, try open()),
        "A save replaces version \(version) of nothing.")
      expect(try open().load() == nil, "A save that was refused filled the vault.")
    }
    try open().save(Self.contents(1), replacing: nil)
    expect(
      refuses(Self.contents(2), replacing: nil, try open()),
      "A save that replaces nothing replaces something.")
    try holds(Self.contents(1), open, "after a refused save")
  }

  mutating func otherVersion(_ open: KeyVaultConformance.Open) throws {
    try open().save(Self.contents(1), replacing: nil)
    let vault = try open()
    try open().save(Self.contents(2), replacing: 1)
    for version in [0, 1, 3, .max] as [UInt64] {
      expect(
        refuses(Self.contents(9), replacing: version, vault),
        "A save replaces version \(version), which is not there.")
      try holds(Self.contents(2), open, "after a refused save")
    }
  }

  private func refuses(_ contents: VaultContents, replacing version: UInt64?, _ vault: any KeyVault) -> Bool {
    do throws(VaultError) {
      try vault.save(contents, replacing: version)
      return false
    } catch { return error == .conflict }
  }

  mutating func concurrentSaves(_ open: KeyVaultConformance.Open) throws {
    try open().save(Self.contents(1), replacing: nil)
    for round in 1...10 as ClosedRange<UInt64> {
      let vaults = try (0..<8).map { _ in try open() }
      let taken = Mutex<[UInt64]>([])
      DispatchQueue.concurrentPerform(iterations: vaults.count) { number in
        let next = VaultContents(
          version: round + 1, secrets: Self.contents(round).secrets,
          state: [UInt8(truncatingIfNeeded: number)])
        if (try? vaults[number].save(next, replacing: round)) != nil {
          taken.withLock { $0.append(UInt64(number)) }
        }
      }
      let winners = taken.withLock { $0 }
      expect(winners.count == 1, "\(winners.count) of 8 saves replaced one version.")
      let state = try open().load()?.state
      expect(
        state == winners.first.map { [UInt8(truncatingIfNeeded: $0)] },
        "The vault holds a save that was refused.")
    }
  }
}
