package import CryptoCore

/// The joiner secret: where a commit's path and the group's history meet, and where new members come in. RFC
/// 9420 section 8.
package struct JoinerSecret: Sendable {
  package let secret: SecretKey

  /// The one in a Welcome.
  package init(_ secret: SecretKey) { self.secret = secret }

  ///                  init_secret_[n-1]
  ///                        |
  ///                        V
  ///     commit_secret --> KDF.Extract
  ///                        |
  ///                        V
  ///                ExpandWithLabel(., "joiner", GroupContext_[n], KDF.Nh)
  ///                        |
  ///                        V
  ///                  joiner_secret
  package init(
    initSecret: SecretKey, commitSecret: SecretKey, groupContext: [UInt8], _ suite: CipherSuiteAlgorithms
  ) {
    let extracted = suite.extract(salt: initSecret, commitSecret)
    secret = suite.expandBlock(extracted, label: "joiner", context: groupContext)
  }

  ///                  joiner_secret
  ///                        |
  ///                        V
  ///     psk_secret -->  KDF.Extract
  ///     (or 0)             |
  ///                        +--> DeriveSecret(., "welcome") = welcome_secret
  package func withPreSharedKeys(_ pskSecret: SecretKey, _ suite: CipherSuiteAlgorithms) -> MemberSecret {
    MemberSecret(secret: suite.extract(salt: secret, pskSecret))
  }
}

/// The joiner secret with the pre-shared keys in it. RFC 9420 section 8.
package struct MemberSecret: Sendable {
  let secret: SecretKey

  /// What encrypts the GroupInfo of a Welcome. RFC 9420 section 12.4.3.1.
  package func welcomeSecret(_ suite: CipherSuiteAlgorithms) -> WelcomeSecret {
    WelcomeSecret(secret: suite.deriveSecret(secret, "welcome"))
  }

  ///     ExpandWithLabel(., "epoch", GroupContext_[n], KDF.Nh)
  ///                        |
  ///                        V
  ///                   epoch_secret
  package func epochSecrets(groupContext: [UInt8], _ suite: CipherSuiteAlgorithms) -> EpochSecrets {
    EpochSecrets(
      epochSecret: suite.expandBlock(secret, label: "epoch", context: groupContext), suite)
  }
}

/// The secrets of an epoch: `DeriveSecret(epoch_secret, label)`. RFC 9420 section 8, table 4. The encryption
/// secret and the application export secret go into trees and are not kept.
package struct EpochSecrets: Sendable {
  /// Encrypts who sent a private message.
  package var senderDataSecret: SecretKey
  /// The root of the secret tree.
  package var encryptionSecret: SecretKey
  /// What exported secrets are derived from.
  package var exporterSecret: SecretKey
  /// The root of the exporter tree. draft-ietf-mls-extensions, section "Exported Secrets".
  package var applicationExportSecret: SecretKey
  /// Equal for members who agree on the epoch; the application may show it.
  package var epochAuthenticator: SecretKey
  /// The key pair of external commits is derived from it.
  package var externalSecret: SecretKey
  /// Makes the confirmation tag.
  package var confirmationKey: SecretKey
  /// Makes membership tags.
  package var membershipKey: SecretKey
  /// The resumption pre-shared key.
  package var resumptionPSK: SecretKey
  /// Goes into the next epoch.
  package var initSecret: SecretKey

  package init(epochSecret: SecretKey, _ suite: CipherSuiteAlgorithms) {
    senderDataSecret = suite.deriveSecret(epochSecret, "sender data")
    encryptionSecret = suite.deriveSecret(epochSecret, "encryption")
    exporterSecret = suite.deriveSecret(epochSecret, "exporter")
    applicationExportSecret = suite.deriveSecret(epochSecret, "application_export")
    epochAuthenticator = suite.deriveSecret(epochSecret, "authentication")
    externalSecret = suite.deriveSecret(epochSecret, "external")
    confirmationKey = suite.deriveSecret(epochSecret, "confirm")
    membershipKey = suite.deriveSecret(epochSecret, "membership")
    resumptionPSK = suite.deriveSecret(epochSecret, "resumption")
    initSecret = suite.deriveSecret(epochSecret, "init")
  }

  /// `external_priv, external_pub = KEM.DeriveKeyPair(external_secret)`. RFC 9420 section 8.
  package func externalKeyPair(_ suite: CipherSuiteAlgorithms) throws(CipherSuiteError) -> HPKEKeyPair {
    try .derive(from: externalSecret, suite)
  }

  /// `MAC(confirmation_key, GroupContext.confirmed_transcript_hash)`. RFC 9420 section 6.1.
  package func confirmationTag(
    _ confirmedTranscriptHash: [UInt8], _ suite: CipherSuiteAlgorithms
  ) -> MAC {
    suite.mac(confirmationKey, confirmedTranscriptHash)
  }

  /// `MLS-Exporter(Label, Context, Length)`. RFC 9420 section 8.5.
  ///
  ///     ExpandWithLabel(DeriveSecret(exporter_secret, Label), "exported", Hash(Context), Length)
  package func export(
    label: String, context: [UInt8], byteCount: Int, _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) -> SecretKey {
    try suite.expandWithLabel(
      suite.deriveSecret(exporterSecret, label), label: "exported", context: suite.hash(context),
      byteCount: byteCount)
  }
}

/// What encrypts the GroupInfo of a Welcome. RFC 9420 section 12.4.3.1.
package struct WelcomeSecret: Sendable {
  package let secret: SecretKey

  /// Encrypts a GroupInfo.
  package func seal(
    _ groupInfo: [UInt8], _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) -> [UInt8] {
    let (key, nonce) = try keyAndNonce(suite)
    do throws(AEADError) {
      return try suite.aead.seal(groupInfo, using: key, nonce: nonce, authenticating: [])
    } catch { throw .sealFailed }
  }

  /// Decrypts a GroupInfo.
  /// - Throws: `CipherSuiteError.openFailed`.
  package func open(
    _ ciphertext: [UInt8], _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) -> [UInt8] {
    let (key, nonce) = try keyAndNonce(suite)
    do throws(AEADError) {
      return try suite.aead.open(ciphertext, using: key, nonce: nonce, authenticating: [])
    } catch { throw .openFailed }
  }

  ///     welcome_nonce = ExpandWithLabel(welcome_secret, "nonce", "", AEAD.Nn)
  ///     welcome_key = ExpandWithLabel(welcome_secret, "key", "", AEAD.Nk)
  private func keyAndNonce(
    _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) -> (SecretKey, [UInt8]) {
    let nonce = try suite.expandWithLabel(
      secret, label: "nonce", context: [], byteCount: suite.aeadNonceByteCount)
    let key = try suite.expandWithLabel(
      secret, label: "key", context: [], byteCount: suite.aeadKeyByteCount)
    return (key, nonce.exportRawBytes())
  }
}
