package import CryptoCore
internal import TLSCodec

/// The key schedule of an epoch: what is derived from its epoch secret. SPEC.md section 4.2.
package struct EpochKeySchedule: Sendable {
  package let account: AccountID
  package let number: UInt64
  /// 32 random bytes that only the account's devices know.
  package let epochSecret: SecretKey

  /// What follows from the epoch secret of an epoch of this account, which is none in epoch 0.
  package init(account: AccountID, number: UInt64, epochSecret: SecretKey) {
    self.account = account
    self.number = number
    self.epochSecret = epochSecret
  }

  /// `account || uint64 number`.
  private func context(_ extra: [UInt8] = []) -> [UInt8] {
    var writer = TLSWriter(reserving: 40 + extra.count)
    writer.write(account)
    writer.write(number)
    writer.write(fixed: extra)
    return writer.bytes
  }

  /// `Derive(epoch_secret, "commit", account || number, 32)`. The account is zero in `create`.
  package func commitment() throws(KDFError) -> Digest32 {
    Digest32(
      unchecked: try Derivation.publicBytes(
        from: epochSecret, purpose: "commit", context: context(), byteCount: 32))
  }

  /// The X-Wing key whose seed is `Derive(epoch_secret, "inbox", account || number, 32)`.
  package func inboxKey() throws(FormatError) -> SealingKey {
    do {
      let seed = try Derivation.secret(from: epochSecret, purpose: "inbox", context: context())
      let key = try HPKEPrivateKey(bytes: seed, kem: .xWing)
      return SealingKey(unchecked: key.publicKey.bytes)
    } catch {
      throw .internalError("inbox key")
    }
  }

  /// The key, then the nonce, that an earlier epoch secret is encrypted under:
  /// `Derive(epoch_secret, "link", account || number || uint64 earlier, 56)`. Used for one message, ever.
  private func linkKey(to earlier: UInt64) throws(KDFError) -> (key: SecretKey, nonce: [UInt8]) {
    var writer = TLSWriter(reserving: 8)
    writer.write(earlier)
    let context = context(writer.bytes)
    return (
      try Derivation.secret(from: epochSecret, purpose: "link key", context: context),
      try Derivation.publicBytes(from: epochSecret, purpose: "link nonce", context: context, byteCount: 24)
    )
  }

  /// An earlier epoch secret, encrypted for whoever knows this one. SPEC.md section 4.3.
  package func link(to earlier: UInt64, epochSecret earlierSecret: SecretKey) throws(FormatError) -> EpochLink
  {
    do {
      let (key, nonce) = try linkKey(to: earlier)
      let sealed = try XChaCha20Poly1305.sealSecret(
        earlierSecret, using: key, nonce: nonce, authenticating: context())
      return EpochLink(epoch: earlier, sealedEpochSecret: SealedEpochSecret(unchecked: sealed))
    } catch {
      throw .internalError("epoch link")
    }
  }

  /// The earlier epoch secret inside a link; nil if the link is not what this epoch's opener should have written.
  package func open(_ link: EpochLink) -> SecretKey? {
    guard let (key, nonce) = try? linkKey(to: link.epoch) else { return nil }
    return try? XChaCha20Poly1305.openSecret(
      link.sealedEpochSecret.bytes, using: key, nonce: nonce, authenticating: context())
  }

  /// Whether a header's commitment and inbox key follow from this epoch secret.
  package func agrees(with header: EpochHeader) -> Bool {
    guard header.number == number, let commitment = try? commitment(),
      commitment == header.commitment, let inbox = try? inboxKey()
    else { return false }
    return inbox == header.inboxKey
  }
}
