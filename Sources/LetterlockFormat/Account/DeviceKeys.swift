package import CryptoCore
internal import TLSCodec

/// The secret keys of one device. SPEC.md section 3.2.
package final class DeviceKeys: Sendable {
  /// What the other signing keys follow from. It is wiped when nothing holds it any more, and not locked into memory.
  package let signingSeed: SecretKey
  /// What the sealing key follows from. It is held as the signing seed is.
  package let sealingSeed: SecretKey
  private let ed25519: Ed25519.PrivateKey
  private let hybrid: HybridSignature.PrivateKey
  private let sealing: HPKEPrivateKey
  /// What others verify this device by.
  package let signingKeys: SigningKeys
  /// What others wrap keys to.
  package let sealingKey: SealingKey

  /// The identifier of the device.
  package let deviceID: DeviceID

  /// Keys that follow from two seeds of 32 bytes each.
  package init(signingSeed: SecretKey, sealingSeed: SecretKey) throws(FormatError) {
    do {
      let ed25519Seed = try Derivation.secret(from: signingSeed, purpose: "ed25519 seed", context: [])
      let mlDSASeed = try Derivation.secret(from: signingSeed, purpose: "ml-dsa seed", context: [])
      hybrid = try HybridSignature.PrivateKey(ed25519Seed: ed25519Seed, mlDSASeed: mlDSASeed)
      ed25519 = try Ed25519.PrivateKey(seed: ed25519Seed)
      sealing = try HPKEPrivateKey(bytes: sealingSeed, kem: .xWing)
    } catch {
      throw .internalError("device keys")
    }
    self.signingSeed = signingSeed
    self.sealingSeed = sealingSeed
    signingKeys = SigningKeys(unchecked: hybrid.publicKey.bytes)
    sealingKey = SealingKey(unchecked: sealing.publicKey.bytes)
    deviceID = signingKeys.deviceID
  }

  /// Fresh keys.
  package convenience init() throws(FormatError) {
    try self.init(signingSeed: SecretKey(random: 32), sealingSeed: SecretKey(random: 32))
  }

  /// The keys of the recovery device, which follow from the recovery key's 32 bytes. SPEC.md section 8.2.
  package convenience init(recoverySecret: SecretKey) throws(FormatError) {
    let seeds: (SecretKey, SecretKey)
    do {
      seeds = (
        try Derivation.secret(from: recoverySecret, purpose: "recovery signing", context: []),
        try Derivation.secret(from: recoverySecret, purpose: "recovery sealing", context: [])
      )
    } catch {
      throw .internalError("recovery keys")
    }
    try self.init(signingSeed: seeds.0, sealingSeed: seeds.1)
  }

  /// The same signing keys with a fresh sealing key.
  package func rotated() throws(FormatError) -> DeviceKeys {
    try DeviceKeys(signingSeed: signingSeed, sealingSeed: SecretKey(random: 32))
  }

  /// Both signatures of a body.
  package func sign(
    _ body: [UInt8], for purpose: SignaturePurpose, account: AccountID
  ) throws(FormatError) -> HybridSignatureBytes {
    let message = SignatureFraming.message(
      .ed25519AndMLDSA65, purpose, account: account, signerKeys: signingKeys.bytes, body: body)
    do {
      let signature = try hybrid.signature(for: message, context: purpose.context)
      return HybridSignatureBytes(unchecked: signature.bytes)
    } catch {
      throw .internalError("signing")
    }
  }

  /// An Ed25519 signature of a body: for what is signed often.
  package func quickSign(
    _ body: [UInt8], for purpose: SignaturePurpose, account: AccountID
  ) throws(FormatError) -> Ed25519SignatureBytes {
    let message = SignatureFraming.message(
      .ed25519, purpose, account: account, signerKeys: signingKeys.bytes, body: body)
    do {
      return Ed25519SignatureBytes(unchecked: try ed25519.signature(for: message))
    } catch {
      throw .internalError("signing")
    }
  }

  /// The Ed25519 signature of the signature base of an HTTP request. SPEC.md section 13.3.
  ///
  /// A base begins with a quotation mark, and what else the key signs with a letter (SPEC.md section 2.3): neither
  /// signature stands for the other.
  package func signRequest(_ base: [UInt8]) throws(FormatError) -> Ed25519SignatureBytes {
    guard base.first == UInt8(ascii: "\"") else { throw .internalError("signature base") }
    do {
      return Ed25519SignatureBytes(unchecked: try ed25519.signature(for: base))
    } catch {
      throw .internalError("signing")
    }
  }

  /// The 32 bytes inside a wrap to this device; nil if it was not made for it or was altered.
  package func openWrap(_ wrap: [UInt8], info: [UInt8]) -> SecretKey? {
    guard
      let epochSecret = try? HPKE.openSecret(
        wrap, with: sealing, suite: .letterlock, info: info, authenticating: []),
      epochSecret.byteCount == 32
    else { return nil }
    return epochSecret
  }
}
