public import CryptoCore
internal import TLSCodec

/// To whom a component encrypts with a key of MLS. draft-ietf-mls-extensions, section "Hybrid Public Key Encryption
/// (HPKE) Keys".
public enum ComponentRecipient: Hashable, Sendable {
  /// Everybody who is in the epoch: its external key. Nobody can decrypt after the epoch.
  case epoch
  /// One member: its leaf's key, which lasts until the member renews it.
  case member(LeafIndex)
}

// draft-ietf-mls-extensions, section "The Safe Application Interface": a component acts as itself, whatever other
// components and MLS do with the same keys.
extension Group {
  /// The components of this member's application. Who changes them renews its leaf with the next commit that has a path,
  /// so that others learn of it.
  public var components: [any ApplicationComponent] {
    get { client.components }
    set { client.components = newValue }
  }

  /// The data that all members agree on, by component. draft-ietf-mls-extensions, section "Attaching Application Data to
  /// MLS Messages".
  public var componentData: AppDataDictionary {
    (try? state.context.extensions.validDictionary()) ?? AppDataDictionary()
  }

  /// `SafeExportSecret(ComponentID)`: a secret of the epoch for one component, the same for all members. It is there
  /// once, since nothing that is kept leads to it again: save the group after, so that this holds for what is stored.
  /// draft-ietf-mls-extensions, section "Exported Secrets".
  /// - Returns: As many bytes as the suite's hash has.
  /// - Throws: `GroupError.secretExported` if it was exported in this epoch; `.closed`.
  public mutating func safeExportSecret(for component: ComponentID) throws(GroupError) -> SecretKey {
    try checkOpen()
    guard let secret = state.exporter.take(component, state.suite) else { throw .secretExported(component) }
    unsaved.exporter = true
    return secret
  }

  /// `SafeSignWithLabel` with this member's signature key. draft-ietf-mls-extensions, section "Signature Keys". Nothing
  /// of the group is in it: what shall count in one group only, or only now, says so in the content.
  /// - Parameters:
  ///   - label: What the signature is for.
  ///   - component: Who signs.
  /// - Throws: `GroupError.closed`; `.cipherSuite`.
  public func safeSign(
    _ content: [UInt8], label: String, as component: ComponentID
  ) throws(GroupError) -> [UInt8] {
    try checkOpen()
    return try asGroupError { () throws(CipherSuiteError) in
      try state.suite.signWithLabel(state.signer, label: ComponentOperationLabel(component, label), content)
    }
  }

  /// `SafeVerifyWithLabel` of a signature by a member's component, as the member is in this epoch.
  /// draft-ietf-mls-extensions, section "Signature Keys".
  /// - Throws: `GroupError.noSuchMember`; `.cipherSuite(.invalidSignature)`.
  public func safeVerify(
    _ signature: [UInt8], of content: [UInt8], label: String, by member: LeafIndex, as component: ComponentID
  ) throws(GroupError) {
    guard let key = state.tree[member]?.signatureKey else { throw .noSuchMember(member) }
    try safeVerify(signature, of: content, label: label, by: key, as: component)
  }

  /// `SafeVerifyWithLabel` by a key that a member had: for what outlives its author's membership.
  /// draft-ietf-mls-extensions, section "Signature Keys".
  /// - Throws: `GroupError.cipherSuite(.invalidSignature)`.
  public func safeVerify(
    _ signature: [UInt8], of content: [UInt8], label: String, by key: SignaturePublicKey,
    as component: ComponentID
  ) throws(GroupError) {
    try asGroupError { () throws(CipherSuiteError) in
      try state.suite.verifyWithLabel(
        key, label: ComponentOperationLabel(component, label), content, signature: signature)
    }
  }

  /// `SafeEncryptWithLabel` to a component of a member, or of all. Who encrypted it, nothing shows.
  /// draft-ietf-mls-extensions, section "Hybrid Public Key Encryption (HPKE) Keys".
  /// - Parameters:
  ///   - label: What the ciphertext is for.
  ///   - context: What the recipient must know too; it is not sent.
  ///   - component: Who can decrypt.
  /// - Throws: `GroupError.noSuchMember`; `.closed`; `.cipherSuite`.
  public func safeEncrypt(
    _ plaintext: [UInt8], to recipient: ComponentRecipient, label: String, context: [UInt8] = [],
    for component: ComponentID
  ) throws(GroupError) -> HPKECiphertext {
    try checkOpen()
    let key = try publicKey(of: recipient)
    return try asGroupError { () throws(CipherSuiteError) in
      try state.suite.encryptWithLabel(
        key, label: ComponentOperationLabel(component, label), context: context, plaintext)
    }
  }

  /// `SafeDecryptWithLabel` of what was encrypted to this member, or to the epoch. draft-ietf-mls-extensions, section
  /// "Hybrid Public Key Encryption (HPKE) Keys".
  /// - Parameters:
  ///   - recipient: To whom it was encrypted: to the epoch, or to this member.
  ///   - component: Who decrypts.
  /// - Throws: `GroupError.noSuchMember` for another member; `.cipherSuite(.openFailed)`; `.closed`.
  public func safeDecrypt(
    _ ciphertext: HPKECiphertext, to recipient: ComponentRecipient = .epoch, label: String,
    context: [UInt8] = [], as component: ComponentID
  ) throws(GroupError) -> SecretKey {
    try checkOpen()
    let key = try keyPair(of: recipient)
    return try asGroupError { () throws(CipherSuiteError) in
      try state.suite.decryptWithLabel(
        key, label: ComponentOperationLabel(component, label), context: context, ciphertext)
    }
  }

  private func publicKey(of recipient: ComponentRecipient) throws(GroupError) -> HPKEPublicKey {
    switch recipient {
    case .epoch: return try keyPair(of: recipient).publicKey
    case .member(let index):
      guard let leaf = state.tree[index] else { throw .noSuchMember(index) }
      return leaf.encryptionKey
    }
  }

  private func keyPair(of recipient: ComponentRecipient) throws(GroupError) -> HPKEKeyPair {
    switch recipient {
    case .epoch:
      return try asGroupError { () throws(CipherSuiteError) in
        try state.secrets.externalKeyPair(state.suite)
      }
    case .member(let index):
      guard index == state.ownIndex else { throw .noSuchMember(index) }
      return state.keys.leafKey
    }
  }
}

// The init key: it lasts until the package is used.
extension KeyPackage {
  /// By which a `KeyStore` knows the package's keys. RFC 9420 section 5.2.
  /// - Throws: `GroupError.cipherSuite` if the suite is not supported.
  public func reference() throws(GroupError) -> KeyPackageRef {
    try asGroupError { () throws(CipherSuiteError) in try cipherSuite.algorithms() }.reference(to: self)
  }

  /// `SafeEncryptWithLabel` to a component of a client that is in no group yet, by the package's init key: as long as
  /// the package was not used, the client can decrypt. draft-ietf-mls-extensions, section "Hybrid Public Key Encryption
  /// (HPKE) Keys".
  /// - Throws: `GroupError.cipherSuite`.
  public func safeEncrypt(
    _ plaintext: [UInt8], label: String, context: [UInt8] = [], for component: ComponentID
  ) throws(GroupError) -> HPKECiphertext {
    try asGroupError { () throws(CipherSuiteError) in
      try cipherSuite.algorithms().encryptWithLabel(
        initKey, label: ComponentOperationLabel(component, label), context: context, plaintext)
    }
  }
}

extension KeyPackageKeys {
  /// `SafeDecryptWithLabel` of what was encrypted to the package's init key. draft-ietf-mls-extensions, section "Hybrid
  /// Public Key Encryption (HPKE) Keys".
  /// - Throws: `GroupError.cipherSuite(.openFailed)`.
  public func safeDecrypt(
    _ ciphertext: HPKECiphertext, label: String, context: [UInt8] = [], as component: ComponentID
  ) throws(GroupError) -> SecretKey {
    try asGroupError { () throws(CipherSuiteError) in
      try keyPackage.cipherSuite.algorithms().decryptWithLabel(
        initKey, label: ComponentOperationLabel(component, label), context: context, ciphertext)
    }
  }
}

// draft-ietf-mls-extensions, section "Safe Additional Authenticated Data (AAD)".
extension Group {
  /// Encrypts data for the group, with authenticated data of components, which is sent in the clear. Others know it for
  /// that only where the GroupContext has a `safe_aad` component.
  /// - Throws: as `protect(_:authenticating:)`.
  public mutating func protect(
    _ data: [UInt8], authenticating components: SafeAAD
  ) throws(GroupError) -> MLSMessage {
    try protect(data, authenticating: components.encoded)
  }

  /// Whether authenticated data is a ``SafeAAD`` in this group: the GroupContext has a `safe_aad` component.
  public var demandsSafeAAD: Bool { state.protection.authenticatedDataFormat == .safe }
}

extension ApplicationMessage {
  /// The authenticated data by component, in an epoch that demands it; nil in others.
  public var safeAAD: SafeAAD? { format == .safe ? try? SafeAAD(decoding: authenticatedData) : nil }
}
