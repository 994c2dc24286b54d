// RFC 9420 section 10.1.
extension LeafNodeRules {
  /// Checks a key package before it is used to add its client.
  func check(_ package: KeyPackage) throws(GroupError) {
    guard package.version == .mls10 else { throw .invalid(.keyPackageVersionMismatch) }
    guard package.cipherSuite == suite.suite else { throw .invalid(.keyPackageSuiteMismatch) }
    guard package.extensions.hasUniqueTypes else { throw .invalid(.extensionTypeRepeated) }
    _ = try package.extensions.validDictionary()
    try check(package.leafNode, .keyPackage)
    guard package.isSignatureValid(suite) else { throw .invalid(.keyPackageSignatureInvalid) }
    guard package.initKey != package.leafNode.encryptionKey else { throw .invalid(.initKeyIsEncryptionKey) }
  }

  /// Checks many key packages on all cores; the first that fails is thrown.
  func check(_ packages: [KeyPackage]) throws(GroupError) {
    let results = Parallel.map(packages) { package in
      Result { () throws(GroupError) in try check(package) }
    }
    for result in results { try result.get() }
  }
}

extension KeyPackage {
  private static let label = "KeyPackageTBS"

  /// The package with its client's signature.
  func signed(
    by key: SignatureKeyPair, _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) -> KeyPackage {
    var package = self
    package.signature = try suite.signWithLabel(key, label: Self.label, toBeSigned)
    return package
  }

  /// Whether the signature is its client's.
  func isSignatureValid(_ suite: CipherSuiteAlgorithms) -> Bool {
    do throws(CipherSuiteError) {
      try suite.verifyWithLabel(
        leafNode.signatureKey, label: Self.label, toBeSigned, signature: signature)
      return true
    } catch { return false }
  }
}
