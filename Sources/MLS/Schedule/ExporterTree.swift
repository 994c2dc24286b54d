package import CryptoCore

/// One secret of the epoch for each component, which is there once: the forward-secure exporter.
///
/// A tree like the secret tree, with 2^16 leaves under the `application_export_secret`. draft-ietf-mls-extensions,
/// section "Exported Secrets".
package struct ExporterTree: Sendable {
  private(set) var secrets: NodeSecrets

  /// The tree under an epoch's `application_export_secret`.
  package init(applicationExportSecret: SecretKey) {
    secrets = NodeSecrets(root: applicationExportSecret, leafCount: Self.leafCount)
  }

  init(nodes: [NodeIndex: SecretKey]) { secrets = NodeSecrets(leafCount: Self.leafCount, nodes: nodes) }

  /// The root, if no secret was taken yet.
  var root: SecretKey? { secrets.nodes[Self.leafCount.root] }

  private static let leafCount = LeafCount(holding: 1 << 16)

  /// `SafeExportSecret(ComponentID)`; nil if it was taken before.
  package mutating func take(_ component: ComponentID, _ suite: CipherSuiteAlgorithms) -> SecretKey? {
    guard let descent = secrets.descend(to: LeafIndex(UInt32(component.rawValue)), suite) else { return nil }
    secrets.take(descent)
    return descent.secret
  }
}
