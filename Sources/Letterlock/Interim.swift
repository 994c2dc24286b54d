package import CryptoCore
public struct RecoveryKey: ~Copyable, Sendable {
  package let secret: SecretKey; package init(secret: SecretKey) { self.secret = secret }
}
public struct JoinCode: Sendable {
  package let bundleHash: [UInt8]; package let secret: SecretKey;
  package init(bundleHash: [UInt8], secret: SecretKey) { self.bundleHash = bundleHash; self.secret = secret }
}
extension ArchiveEntry {
  var encoded: [UInt8] { [] }; init(decodingPadded: [UInt8]) throws(ArchiveError) { throw .malformed }
}
