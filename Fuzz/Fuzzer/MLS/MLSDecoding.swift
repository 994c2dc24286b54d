@testable import MLS
import CryptoCore
import TLSCodec

/// Whatever decodes encodes to the same bytes; nothing else is accepted, and nothing crashes.
struct MLSDecoding: DecodingTarget {
  let seeds: [[UInt8]]

  init() throws { seeds = try Self.makeSeeds() }

  static let formats: [Format] = [
    format(MLSMessage.self), format(AuthenticatedContent.self), format(FramedContent.self),
    format(PrivateMessage.self), format(PublicMessage.self), format(SenderData.self), format(Proposal.self),
    format(Commit.self), format(UpdatePath.self), format(KeyPackage.self), format(LeafNode.self),
    format(ParentNode.self), format([Node?].self), format(GroupInfo.self), format(GroupContext.self),
    format(Welcome.self), format(PreSharedKeyID.self), format([Extension].self),
    format(RequiredCapabilities.self), format([ExternalSender].self), format(Credential.self),
    format(AppDataDictionary.self), format(ComponentsList.self), ("SafeAAD", acceptsSafeAAD),
    ("GroupSecrets", acceptsGroupSecrets), ("RatchetTree", acceptsTree),
    ("PrivateMessageContent", acceptsContents),
  ]

  static func samples() throws -> [[UInt8]] { try FuzzedGroup().samples() }

  /// Who looks whether bytes are one says what who reads them finds.
  private static func acceptsSafeAAD(_ bytes: [UInt8]) -> Bool {
    let decoded = try? SafeAAD(decoding: bytes)
    require(bytes.withRawSpan { SafeAAD.isEncoding($0) } == (decoded != nil), "SafeAAD")
    require(decoded.map { $0.encoded == bytes } ?? true, "SafeAAD")
    return decoded != nil
  }

  private static func acceptsGroupSecrets(_ bytes: [UInt8]) -> Bool {
    guard let secrets = try? GroupSecrets(decoding: SecretKey(copying: bytes)) else { return false }
    require(secrets.encoded.exportRawBytes() == bytes, "GroupSecrets")
    return true
  }

  /// A tree of few nodes has all of its hashes and resolutions.
  private static func acceptsTree(_ bytes: [UInt8]) -> Bool {
    guard let suite = try? CipherSuite.x25519AES128Ed25519.algorithms(),
      var tree = try? RatchetTree(decoding: bytes, hash: suite)
    else { return false }
    require(tree.encoded == bytes, "RatchetTree")
    guard tree.leafCount.value <= 64 else { return true }
    _ = tree.rootHash()
    for node in (0..<tree.leafCount.nodeCount).map({ NodeIndex($0) }) { _ = tree.resolution(of: node) }
    try? tree.verifyParentHashes()
    try? tree.verifyUnmergedLeaves()
    try? tree.verifyKeysUnique()
    return true
  }

  private static func acceptsContents(_ bytes: [UInt8]) -> Bool {
    [ContentType.application, .proposal, .commit].contains {
      (try? PrivateMessageContent.decode($0, bytes)) != nil
    }
  }
}
