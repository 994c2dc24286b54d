/// A rule of RFC 9420 that does not hold: one case for each.
public enum ValidationError: Error, Hashable, Sendable, CaseIterable {
  // Section 12.4.3.3: the ratchet tree extension.
  /// The last node of a received tree is blank, or there is none.
  case treeEndsBlank
  /// A leaf stands at an odd place of a received tree, or a parent at an even one.
  case nodeOfWrongType

  // Section 12.4.3.1: the integrity of a received tree.
  /// The tree's hash is not the one that the group agreed on.
  case treeHashMismatch
  /// A parent node cannot be chained to the leaf of the member who made it. Section 7.9.2.
  case parentHashInvalid
  /// An entry of `unmerged_leaves` is no member below the node.
  case unmergedLeafNotDescendant
  /// A node between an unmerged leaf and a node that lists it does not list it.
  case unmergedLeafMissingBetween
  /// Two nodes have one encryption key.
  case encryptionKeyNotUnique
  /// Two members have one signature key.
  case signatureKeyNotUnique

  // Section 7.3: leaf nodes.
  /// The signature of a leaf is not valid.
  case leafSignatureInvalid

  // Sections 7.5 and 7.6: update paths.
  /// A path has not one node for each node of the filtered direct path.
  case pathLengthMismatch
  /// A node of a path has not one ciphertext for each node in the resolution of its copath child.
  case pathCiphertextCountMismatch
  /// A key that was derived from a path secret is not the one in the path.
  case pathKeyMismatch
  /// The parent hash in the committer's new leaf is not the one that follows from the path.
  case pathParentHashMismatch
  /// A path secret is for nobody whose key this member has.
  case pathSecretNotForUs
}
