import CryptoCore
import Dispatch
import MLS

/// The primitives of a suite, each alone: what an operation of MLS cannot do without.
final class MLSPrimitives: Sendable {
  private let suite: CipherSuiteAlgorithms
  private let signer: SignatureKeyPair
  private let signature: [UInt8]
  // As long as a leaf or a commit without its path.
  private let content = BareCipher.random(200)
  private let keys: HPKEKeyPair
  private let secret: SecretKey
  private let sealed: HPKECiphertext

  init(_ suite: CipherSuite) throws {
    self.suite = try suite.algorithms()
    signer = try SignatureKeyPair.generate(suite)
    signature = try self.suite.signWithLabel(signer, label: "", content)
    keys = try HPKEKeyPair.generate(suite)
    secret = self.suite.randomSecret()
    sealed = try self.suite.encryptWithLabel(keys.publicKey, label: "", context: [], secret)
  }

  func sign(_ count: Int) throws {
    for _ in 0..<count { _ = try suite.signWithLabel(signer, label: "", content) }
  }

  func verify(_ count: Int) throws {
    for _ in 0..<count {
      try suite.verifyWithLabel(signer.publicKey, label: "", content, signature: signature)
    }
  }

  func generateKeys(_ count: Int) throws {
    for _ in 0..<count { _ = try HPKEKeyPair.generate(suite.suite) }
  }

  func seal(_ count: Int) throws {
    for _ in 0..<count {
      _ = try suite.encryptWithLabel(keys.publicKey, label: "", context: [], secret)
    }
  }

  func open(_ count: Int) throws {
    for _ in 0..<count { _ = try suite.decryptWithLabel(keys, label: "", context: [], sealed) }
  }

  /// Runs what does `count` pieces of work in sixteen parts, on two cores where there are as many.
  func onAllCores(_ count: Int, _ body: @Sendable (MLSPrimitives, Int) throws -> Void) {
    DispatchQueue.concurrentPerform(iterations: 16) { part in
      try? body(self, count * (part + 1) / 16 - count * part / 16)
    }
  }
}
