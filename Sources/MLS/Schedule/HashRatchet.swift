package import CryptoCore

/// How far the messages of one sender may be out of order, and how many keys are kept for those that are
/// late. Each sender has two such ratchets in each epoch. RFC 9420 section 9.2.
public struct RatchetLimits: Hashable, Sendable {
  /// How many messages may be missing before the next one that opens: each costs a derivation.
  public var maximumForwardDistance: UInt32
  /// How many keys of missing messages are kept; the oldest go first.
  public var maximumKeptKeys: Int

  /// Limits.
  public init(maximumForwardDistance: UInt32, maximumKeptKeys: Int) {
    self.maximumForwardDistance = maximumForwardDistance
    self.maximumKeptKeys = maximumKeptKeys
  }

  /// 1,000 missing messages, and 256 keys.
  public static let `default` = RatchetLimits(maximumForwardDistance: 1000, maximumKeptKeys: 256)
}

/// The key and the nonce of one message: `key || nonce`.
package struct MessageKey: Sendable {
  package let keyAndNonce: SecretKey
  package let generation: UInt32
}

/// A chain of keys for one sender and one kind of message.
///
///     ratchet_secret_[n]_[j] --> DeriveTreeSecret(., "nonce", j, AEAD.Nn) = ratchet_nonce_[n]_[j]
///              |
///              +--> DeriveTreeSecret(., "key", j, AEAD.Nk) = ratchet_key_[n]_[j]
///              |
///              V
///     DeriveTreeSecret(., "secret", j, KDF.Nh) = ratchet_secret_[n]_[j+1]
///
/// RFC 9420 section 9.1. A used key is nowhere any more.
struct HashRatchet: Sendable {
  private(set) var secret: SecretKey
  private(set) var generation: UInt32
  private(set) var kept: [UInt32: MessageKey]

  init(secret: SecretKey) { self.init(secret: secret, generation: 0, kept: [:]) }

  init(secret: SecretKey, generation: UInt32, kept: [UInt32: MessageKey]) {
    self.secret = secret
    self.generation = generation
    self.kept = kept
  }

  /// The next key, to be kept.
  mutating func next(_ labels: RatchetLabels) throws(MessageProtectionError) -> MessageKey {
    var used: UInt32 = 0
    let key = try SecretBytes(byteCount: labels.keyAndNonceByteCount) {
      (key) throws(MessageProtectionError) in used = try next(labels, into: &key)
    }
    return MessageKey(keyAndNonce: SecretKey(key), generation: used)
  }

  /// Writes `key || nonce` of the next message, and gives its generation.
  mutating func next(
    _ labels: RatchetLabels, into keyAndNonce: inout MutableRawSpan
  ) throws(MessageProtectionError) -> UInt32 {
    guard generation < .max else { throw .ratchetExhausted }
    labels.step(&secret, generation, into: &keyAndNonce)
    generation += 1
    return generation - 1
  }

  /// Writes `key || nonce` of the next message, and the secret that `advance` puts in this one's place.
  func peek(
    _ labels: RatchetLabels, into keyAndNonce: inout MutableRawSpan, following: inout MutableRawSpan
  ) {
    labels.derive(secret, generation, into: &keyAndNonce, following: &following)
  }

  /// Moves on by one message, of which `peek` gave what follows.
  mutating func advance(to following: RawSpan) {
    SecretKey.replace(&secret, with: following)
    generation += 1
  }

  /// The key of a generation; those before it are kept for late messages, within the limits.
  mutating func key(
    of wanted: UInt32, _ labels: RatchetLabels, _ limits: RatchetLimits
  ) throws(MessageProtectionError) -> MessageKey {
    guard wanted >= generation else {
      guard let key = kept.removeValue(forKey: wanted) else { throw .keyErased }
      return key
    }
    guard wanted - generation <= limits.maximumForwardDistance else { throw .tooFarAhead }
    while generation < wanted {
      let key = try next(labels)
      kept[key.generation] = key
    }
    let key = try next(labels)
    forgetOldest(limits)
    return key
  }

  private mutating func forgetOldest(_ limits: RatchetLimits) {
    let excess = kept.count - max(0, limits.maximumKeptKeys)
    guard excess > 0 else { return }
    for generation in kept.keys.sorted().prefix(excess) { kept[generation] = nil }
  }
}

/// The KDFLabels of a suite's ratchets, up to their contexts: they are the same for every message.
struct RatchetLabels: Sendable {
  private let suite: CipherSuiteAlgorithms
  private let key: [UInt8]
  private let nonce: [UInt8]
  private let secret: [UInt8]

  init(_ suite: CipherSuiteAlgorithms) {
    self.suite = suite
    key = suite.kdfLabelPrefix(suite.aeadKeyByteCount, "key", contextByteCount: 4)
    nonce = suite.kdfLabelPrefix(suite.aeadNonceByteCount, "nonce", contextByteCount: 4)
    secret = suite.kdfLabelPrefix(suite.hashByteCount, "secret", contextByteCount: 4)
  }

  /// The size of `key || nonce`.
  var keyAndNonceByteCount: Int { suite.aeadKeyByteCount + suite.aeadNonceByteCount }

  /// The size of a ratchet's secret.
  var secretByteCount: Int { suite.hashByteCount }

  /// `DeriveTreeSecret` of the key and the nonce, and of the next secret, which takes the place of this one.
  /// RFC 9420 section 9.
  func step(_ ratchet: inout SecretKey, _ generation: UInt32, into keyAndNonce: inout MutableRawSpan) {
    withTemporaryBytes(secretByteCount) { following in
      derive(ratchet, generation, into: &keyAndNonce, following: &following)
      following.withReadOnly { SecretKey.replace(&ratchet, with: $0) }
    }
  }

  /// `DeriveTreeSecret` of the key and the nonce, and of the next secret.
  func derive(
    _ ratchet: SecretKey, _ generation: UInt32, into keyAndNonce: inout MutableRawSpan,
    following: inout MutableRawSpan
  ) {
    let keyByteCount = suite.aeadKeyByteCount
    let end = keyAndNonce.byteCount
    HKDF.withExpander(ratchet, hash: suite.hash) { expander in
      expander.expandBlock(key, context: generation, into: &keyAndNonce, at: 0..<keyByteCount)
      expander.expandBlock(nonce, context: generation, into: &keyAndNonce, at: keyByteCount..<end)
      expander.expandBlock(secret, context: generation, into: &following, at: 0..<secretByteCount)
    }
  }
}
