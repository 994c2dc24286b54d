package import CryptoCore
package import TLSCodec

/// What an operation is for: a text, or the label of a component's operation.
package protocol OperationLabel {
  /// How many bytes it takes.
  var labelByteCount: Int { get }

  /// Writes the bytes, without their length.
  func write(to writer: inout TLSWriter)
}

extension String: OperationLabel {
  package var labelByteCount: Int { utf8.count }

  package func write(to writer: inout TLSWriter) { writer.write(utf8: self) }
}

// RFC 9420 sections 5.1.2, 5.1.3, 5.2 and 8: every use of a key and every hash names its purpose, after
// "MLS 1.0 ".
extension CipherSuiteAlgorithms {
  /// `Hash(bytes)`.
  package func hash(_ bytes: [UInt8]) -> [UInt8] { hash.hash(bytes) }

  /// `RefHash(label, value) = Hash(RefHashInput)`. RFC 9420 section 5.2.
  ///
  ///     struct {
  ///       opaque label<V>;
  ///       opaque value<V>;
  ///     } RefHashInput;
  package func refHash(label: String, _ value: [UInt8]) -> [UInt8] {
    hash(labeled("", label, reserving: value.count) { $0.write(opaque: value) })
  }

  /// `SignWithLabel(SignatureKey, Label, Content)`. RFC 9420 section 5.1.2.
  ///
  ///     struct {
  ///       opaque label<V> = "MLS 1.0 " + Label;
  ///       opaque content<V> = Content;
  ///     } SignContent;
  package func signWithLabel(
    _ key: SignatureKeyPair, label: some OperationLabel, _ content: [UInt8]
  ) throws(CipherSuiteError) -> [UInt8] {
    guard key.scheme == signature else { throw .invalidPrivateKey }
    return try key.sign(signContent(label, content))
  }

  /// `VerifyWithLabel(VerificationKey, Label, Content, SignatureValue)`. RFC 9420 section 5.1.2.
  /// - Throws: `CipherSuiteError.invalidSignature`.
  package func verifyWithLabel(
    _ key: SignaturePublicKey, label: some OperationLabel, _ content: [UInt8], signature value: [UInt8]
  ) throws(CipherSuiteError) {
    guard signature.isValid(value, for: signContent(label, content), publicKey: key.bytes) else {
      throw .invalidSignature
    }
  }

  /// `SignWithLabel` of a content that `write` writes, without a copy of it in between.
  /// - Parameter byteCount: About how long the content is.
  func signWithLabel(
    _ key: SignatureKeyPair, label: String, about byteCount: Int, _ write: (inout TLSWriter) -> Void
  ) throws(CipherSuiteError) -> [UInt8] {
    guard key.scheme == signature else { throw .invalidPrivateKey }
    return try key.sign(labeled(Self.prefix, label, reserving: byteCount) { $0.writeVector(write) })
  }

  /// `VerifyWithLabel` of a content that `write` writes, without a copy of it in between.
  func verifyWithLabel(
    _ key: SignaturePublicKey, label: String, signature value: [UInt8], about byteCount: Int,
    _ write: (inout TLSWriter) -> Void
  ) throws(CipherSuiteError) {
    let content = labeled(Self.prefix, label, reserving: byteCount) { $0.writeVector(write) }
    guard signature.isValid(value, for: content, publicKey: key.bytes) else { throw .invalidSignature }
  }

  private func signContent(_ label: some OperationLabel, _ content: [UInt8]) -> [UInt8] {
    labeled(Self.prefix, label, reserving: content.count) { $0.write(opaque: content) }
  }

  private static let prefix = "MLS 1.0 "

  private func labeled(
    _ prefix: String, _ label: some OperationLabel, reserving byteCount: Int,
    _ body: (inout TLSWriter) -> Void
  ) -> [UInt8] {
    let labelByteCount = prefix.utf8.count + label.labelByteCount
    var writer = TLSWriter(reserving: byteCount + labelByteCount + 8)
    writer.write(length: labelByteCount)
    writer.write(utf8: prefix)
    label.write(to: &writer)
    body(&writer)
    return writer.bytes
  }
}

// RFC 9420 section 5.1.3.
extension CipherSuiteAlgorithms {
  /// `EncryptWithLabel(PublicKey, Label, Context, Plaintext)`.
  package func encryptWithLabel(
    _ key: HPKEPublicKey, label: some OperationLabel, context: [UInt8], _ plaintext: [UInt8]
  ) throws(CipherSuiteError) -> HPKECiphertext {
    try encryption(label: label, context: context).encrypt(plaintext, to: key)
  }

  /// `EncryptWithLabel` of a secret.
  package func encryptWithLabel(
    _ key: HPKEPublicKey, label: String, context: [UInt8], _ plaintext: SecretKey
  ) throws(CipherSuiteError) -> HPKECiphertext {
    try encryption(label: label, context: context).encrypt(plaintext, to: key)
  }

  /// `EncryptWithLabel` of one label and context, to any number of keys.
  package func encryption(label: some OperationLabel, context: [UInt8]) -> LabeledEncryption {
    LabeledEncryption(HPKE.KeyScheduleContext(hpke, info: encryptContext(label, context)))
  }

  /// `DecryptWithLabel(PrivateKey, Label, Context, KEMOutput, Ciphertext)`.
  /// - Throws: `CipherSuiteError.openFailed`.
  package func decryptWithLabel(
    _ key: HPKEKeyPair, label: some OperationLabel, context: [UInt8], _ ciphertext: HPKECiphertext
  ) throws(CipherSuiteError) -> SecretKey {
    do {
      var recipient = try HPKE.Recipient(
        ciphertext.kemOutput, with: key.privateKey, suite: hpke, info: encryptContext(label, context))
      return try recipient.openSecret(ciphertext.ciphertext, authenticating: [])
    } catch { throw .openFailed }
  }

  ///     struct {
  ///       opaque label<V> = "MLS 1.0 " + Label;
  ///       opaque context<V> = Context;
  ///     } EncryptContext;
  private func encryptContext(_ label: some OperationLabel, _ context: [UInt8]) -> [UInt8] {
    labeled(Self.prefix, label, reserving: context.count) { $0.write(opaque: context) }
  }
}

// RFC 9420 section 8.
extension CipherSuiteAlgorithms {
  /// `KDF.Extract(salt, ikm)`.
  package func extract(salt: SecretKey, _ inputKeyMaterial: SecretKey) -> SecretKey {
    HKDF.extract(salt: salt, inputKeyMaterial: inputKeyMaterial, hash: hash)
  }

  /// `ExpandWithLabel(Secret, Label, Context, Length) = KDF.Expand(Secret, KDFLabel, Length)`.
  ///
  ///     struct {
  ///       uint16 length = Length;
  ///       opaque label<V> = "MLS 1.0 " + Label;
  ///       opaque context<V> = Context;
  ///     } KDFLabel;
  /// - Throws: `CipherSuiteError.outputTooLong` for more than 255 times `KDF.Nh` bytes.
  package func expandWithLabel(
    _ secret: SecretKey, label: String, context: [UInt8], byteCount: Int
  ) throws(CipherSuiteError) -> SecretKey {
    guard let length = UInt16(exactly: byteCount) else { throw .outputTooLong }
    do {
      return try HKDF.expand(
        secret, info: kdfLabel(length, label, context), byteCount: byteCount, hash: hash)
    } catch { throw .outputTooLong }
  }

  /// `DeriveSecret(Secret, Label) = ExpandWithLabel(Secret, Label, "", KDF.Nh)`.
  package func deriveSecret(_ secret: SecretKey, _ label: String) -> SecretKey {
    expandBlock(secret, label: label, context: [])
  }

  /// `ExpandWithLabel(Secret, Label, Context, KDF.Nh)`, which cannot fail.
  package func expandBlock(_ secret: SecretKey, label: String, context: [UInt8]) -> SecretKey {
    HKDF.expandBlock(
      secret, info: kdfLabel(UInt16(hashByteCount), label, context), hash: hash)
  }

  /// `DeriveTreeSecret(Secret, Label, Generation, Length)`: the context is the generation. RFC 9420 section 9.
  package func deriveTreeSecret(
    _ secret: SecretKey, label: String, generation: UInt32, byteCount: Int
  ) throws(CipherSuiteError) -> SecretKey {
    try expandWithLabel(secret, label: label, context: generation.encoded, byteCount: byteCount)
  }

  /// A KDFLabel up to its context of fewer than 64 bytes.
  func kdfLabelPrefix(_ length: Int, _ label: String, contextByteCount: Int) -> [UInt8] {
    Array(
      kdfLabel(UInt16(length), label, [UInt8](repeating: 0, count: contextByteCount)).dropLast(
        contextByteCount))
  }

  private func kdfLabel(_ length: UInt16, _ label: String, _ context: [UInt8]) -> [UInt8] {
    var writer = TLSWriter(reserving: 16 + label.utf8.count + context.count)
    writer.write(length)
    writer.write(length: Self.prefix.utf8.count + label.utf8.count)
    writer.write(utf8: Self.prefix)
    writer.write(utf8: label)
    writer.write(opaque: context)
    return writer.bytes
  }
}

extension CipherSuiteAlgorithms {
  /// The AEAD of messages and of the Welcome.
  package var aead: any AEAD.Type {
    switch hpke.aead {
    case .aes128GCM: AES128GCM.self
    case .aes256GCM, .exportOnly: AES256GCM.self
    case .chaCha20Poly1305: ChaCha20Poly1305.self
    }
  }
}

// RFC 9420 section 5.1: HMAC with the suite's hash.
extension CipherSuiteAlgorithms {
  /// `MAC(key, bytes)`.
  package func mac(_ key: SecretKey, _ bytes: [UInt8]) -> MAC {
    MAC(bytes: HMAC.authenticationCode(for: bytes, using: key, hash: hash))
  }

  /// Whether `tag` is the MAC of `bytes`, in constant time.
  package func isValid(_ tag: MAC, _ key: SecretKey, _ bytes: [UInt8]) -> Bool {
    HMAC.isValid(tag.bytes, for: bytes, using: key, hash: hash)
  }
}
