// RFC 9420 section 7.2: `SignWithLabel(., "LeafNodeTBS", LeafNodeTBS)`.
extension LeafNode {
  private static let label = "LeafNodeTBS"

  /// The leaf with its owner's signature.
  package func signed(
    by key: SignatureKeyPair, in place: Place?, _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) -> LeafNode {
    var leaf = self
    leaf.signatureKey = key.publicKey
    leaf.signature = try suite.signWithLabel(key, label: Self.label, leaf.toBeSigned(in: place))
    return leaf
  }

  /// Whether the signature is its owner's, for the place where the leaf stands.
  package func isSignatureValid(in place: Place, _ suite: CipherSuiteAlgorithms) -> Bool {
    do throws(CipherSuiteError) {
      try suite.verifyWithLabel(
        signatureKey, label: Self.label, toBeSigned(in: place), signature: signature)
      return true
    } catch { return false }
  }
}
