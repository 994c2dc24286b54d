internal import TLSCodec

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

  /// Whether the signature is its owner's, and the tree hash of the leaf: both from one encoding, for trees
  /// that are joined. RFC 9420 sections 7.2 and 7.8.
  func checkedHash(in place: Place, _ suite: CipherSuiteAlgorithms) -> [UInt8]? {
    var unsigned = TLSWriter(reserving: 320)
    encodeUnsigned(to: &unsigned)
    var input = TLSWriter(reserving: unsigned.bytes.count + signature.count + 16)
    input.write(UInt8(1))
    place.leaf.encode(to: &input)
    input.write(UInt8(1))
    input.write(fixed: unsigned.bytes)
    input.write(opaque: signature)
    encodeContext(place, to: &unsigned)
    do throws(CipherSuiteError) {
      try suite.verifyWithLabel(signatureKey, label: Self.label, unsigned.bytes, signature: signature)
      return suite.hash(input.bytes)
    } catch { return nil }
  }
}
