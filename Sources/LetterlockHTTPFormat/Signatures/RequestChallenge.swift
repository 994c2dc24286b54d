internal import CryptoCore
package import LetterlockFormat
internal import TLSCodec

/// Makes and checks what devices sign over so that no signature holds for long: the time, by the relay's clock, with an
/// authentication code of it. Nothing is stored. SPEC.md section 13.4.
///
/// ```
/// struct {
///   uint64 time;                    milliseconds since 1970, by the relay's clock
///   opaque mac[32];
/// } Challenge;
/// ```
package struct RequestChallenges: Sendable {
  /// How long a challenge holds: 5 minutes, in milliseconds.
  package static let lifetime: UInt64 = 300_000
  /// How far the clocks of a server's processes may differ, in milliseconds.
  package static let tolerance: UInt64 = 60_000

  private let key: SecretKey

  /// The challenges of the relay that signs checkpoints with a key: of all its processes, since they share the key.
  package init(of key: CheckpointKey) throws(RelayError) {
    do {
      self.key = try Derivation.secret(
        from: SecretKey(copying: key.exportSeed()), purpose: "http challenge key", context: [])
    } catch { throw .internalError("challenge key") }
  }

  /// A challenge that is given now.
  package func challenge(at now: Timestamp) -> [UInt8] { encoded(now.millisecondsSince1970) }

  /// Whether a challenge was given by this relay, and not too long ago.
  package func holds(_ challenge: [UInt8], at now: Timestamp) -> Bool {
    var reader = TLSReader(challenge)
    guard let time = try? reader.read(UInt64.self), constantTimeEqual(challenge, encoded(time)) else {
      return false
    }
    let now = now.millisecondsSince1970
    return time <= now ? now - time <= Self.lifetime : time - now <= Self.tolerance
  }

  private func encoded(_ time: UInt64) -> [UInt8] {
    var message = TLSWriter(reserving: 40)
    message.write(opaque: Array("letterlock/1 http challenge".utf8))
    message.write(time)
    var writer = TLSWriter(reserving: 40)
    writer.write(time)
    writer.write(fixed: HMAC.authenticationCode(for: message.bytes, using: key, hash: .sha256))
    return writer.bytes
  }
}
