package import CryptoCore

/// `EncryptWithLabel` of one label and context. A Welcome's context is as long as the group's tree, and the same for
/// all who join: it is hashed once. RFC 9420 section 5.1.3.
package struct LabeledEncryption: Sendable {
  private let schedule: HPKE.KeyScheduleContext

  init(_ schedule: HPKE.KeyScheduleContext) { self.schedule = schedule }

  /// Encrypts to one key.
  package func encrypt(
    _ plaintext: [UInt8], to key: HPKEPublicKey
  ) throws(CipherSuiteError) -> HPKECiphertext {
    try encrypt(to: key) { (sender) throws(HPKEError) in try sender.seal(plaintext, authenticating: []) }
  }

  /// Encrypts a secret to one key.
  package func encrypt(
    _ plaintext: SecretKey, to key: HPKEPublicKey
  ) throws(CipherSuiteError) -> HPKECiphertext {
    try encrypt(to: key) { (sender) throws(HPKEError) in
      try sender.sealSecret(plaintext, authenticating: [])
    }
  }

  private func encrypt(
    to key: HPKEPublicKey, _ seal: (inout HPKE.Sender) throws(HPKEError) -> [UInt8]
  ) throws(CipherSuiteError) -> HPKECiphertext {
    do throws(HPKEError) {
      var sender = try HPKE.Sender(
        to: CryptoCore.HPKEPublicKey(sealingTo: key.bytes, kem: schedule.suite.kem), schedule)
      return HPKECiphertext(kemOutput: sender.encapsulatedKey, ciphertext: try seal(&sender))
    } catch { throw .invalidPublicKey }
  }
}
