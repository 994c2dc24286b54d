internal import CSodium

/// libsodium, initialised once before its first use.
enum Sodium {
  /// Evaluates to true, or the process cannot do cryptography at all. `sodium_init` only fails when the
  /// system gives no randomness.
  static let isReady: Bool = sodium_init() >= 0
}
