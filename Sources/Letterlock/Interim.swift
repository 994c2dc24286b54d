package import CryptoCore
public struct JoinCode: Sendable {
  package let bundleHash: [UInt8]; package let secret: SecretKey;
  package init(bundleHash: [UInt8], secret: SecretKey) { self.bundleHash = bundleHash; self.secret = secret }
}
