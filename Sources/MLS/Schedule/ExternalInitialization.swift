package import CryptoCore

// RFC 9420 section 8.3: who joins from outside chooses the init secret, and exports it from an HPKE context
// with the group's external key.
extension CipherSuiteAlgorithms {
  ///     kem_output, context = SetupBaseS(external_pub, "")
  ///     init_secret = context.export("MLS 1.0 external init secret", KDF.Nh)
  package func makeExternalInit(
    to key: HPKEPublicKey
  ) throws(CipherSuiteError) -> (initSecret: SecretKey, ExternalInit) {
    do throws(HPKEError) {
      let context = try HPKE.Sender(
        to: CryptoCore.HPKEPublicKey(sealingTo: key.bytes, kem: hpke.kem), suite: hpke, info: [])
      return (
        try context.export(context: externalInitLabel, byteCount: hashByteCount),
        ExternalInit(kemOutput: context.encapsulatedKey)
      )
    } catch { throw .invalidPublicKey }
  }

  ///     context = SetupBaseR(kem_output, external_priv, "")
  ///     init_secret = context.export("MLS 1.0 external init secret", KDF.Nh)
  package func initSecret(
    of externalInit: ExternalInit, _ key: HPKEKeyPair
  ) throws(CipherSuiteError) -> SecretKey {
    do throws(HPKEError) {
      let context = try HPKE.Recipient(
        externalInit.kemOutput, with: key.privateKey, suite: hpke, info: [])
      return try context.export(context: externalInitLabel, byteCount: hashByteCount)
    } catch { throw .openFailed }
  }

  private var externalInitLabel: [UInt8] { Array("MLS 1.0 external init secret".utf8) }
}
