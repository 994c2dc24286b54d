internal import CryptoCore
internal import TLSCodec

/// What a code's one-time secret derives. SPEC.md section 3.6.
package struct JoinSecrets: Sendable {
  private let secret: SecretKey
  private let bundleHash: [UInt8]

  package init(_ code: JoinCode) {
    // HKDF-Expand wants a whole key: the 16 random bytes are extracted first.
    secret = HKDF.extract(salt: [], inputKeyMaterial: code.secret, hash: .sha256)
    bundleHash = code.bundleHash
  }

  private func publicBytes(_ purpose: String) throws(FormatError) -> [UInt8] {
    do {
      return try Derivation.publicBytes(
        from: secret, purpose: purpose, context: bundleHash, byteCount: 32)
    } catch { throw .internalError("join code") }
  }

  /// `Derive(secret, "join offer", bundle_hash, 32)`
  package func offerMailbox() throws(FormatError) -> MailboxID {
    MailboxID(unchecked: try publicBytes("join offer"))
  }

  /// `Derive(secret, "join answer", bundle_hash, 32)`
  package func answerMailbox() throws(FormatError) -> MailboxID {
    MailboxID(unchecked: try publicBytes("join answer"))
  }

  /// `Derive(secret, "join consent", bundle_hash, 32)`
  package func consentTag() throws(FormatError) -> Digest32 {
    Digest32(unchecked: try publicBytes("join consent"))
  }

  /// `HMAC-SHA256(Derive(secret, "join mac", bundle_hash, 32), JoinAnswer without mac || bundle hash)`
  func mac(of answer: [UInt8], bundle: DeviceKeyBundle) throws(FormatError) -> Digest32 {
    do {
      let key = try Derivation.secret(from: secret, purpose: "join mac", context: bundleHash)
      let body = answer + bundle.hash
      return Digest32(unchecked: HMAC.authenticationCode(for: body, using: key, hash: .sha256))
    } catch { throw .internalError("join code") }
  }
}
