import CryptoCore

/// 60 digits that two people compare to know that nobody stands between their accounts. SPEC.md section 10.9.
///
/// Both see the same digits, and they never change while the accounts live.
public struct SafetyNumber: Hashable, Sendable {
  /// 12 groups of 5 digits.
  public let groups: [String]

  /// The 60 digits without spaces.
  public var digits: String { groups.joined() }

  /// The number of two accounts, whichever comes first.
  public init(_ first: AccountID, _ second: AccountID) {
    let halves = [first, second].sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    groups = halves.flatMap(Self.half)
  }

  /// How often an account's half is hashed: it makes the search for an account whose digits look alike
  /// dearer by this factor, and a person who compares only some of the groups safer.
  static let iterationCount = 5_200

  /// ```
  /// h[1] = Hash("safety number", account)
  /// h[i] = SHA-256(h[i-1] || account)
  /// ```
  /// Six groups, each five bytes of `h[5200]` as an integer modulo 100000.
  private static func half(_ account: AccountID) -> [String] {
    var hash = Derivation.hash("safety number", account.bytes)
    for _ in 1..<iterationCount { hash = SHA256Hash.hash(hash + account.bytes) }
    return (0..<6).map { group in
      let value = hash[5 * group..<5 * group + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      // The leading one keeps the zeros after it.
      return String(String(100_000 + value % 100_000).dropFirst())
    }
  }
}

extension SafetyNumber: CustomStringConvertible {
  /// The 12 groups with spaces.
  public var description: String { groups.joined(separator: " ") }
}
