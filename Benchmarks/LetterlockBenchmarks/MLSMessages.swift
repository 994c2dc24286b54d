import Benchmark
import CryptoCore
import MLS

/// Protecting and unprotecting application messages of MLS through a group, as an app does, beside the two primitives
/// that each needs: one signature or verification, and one AEAD call, on as many bytes as the application gave.
func registerMLSMessages() {
  for (name, byteCount) in [("100 B", 100), ("1 KiB", 1024), ("16 KiB", 16 * 1024)] {
    registerMLSMessages(name, byteCount, .x25519AES128Ed25519, suffix: "")
  }
  registerMLSMessages("100 B", 100, .default, suffix: ", post-quantum")
  // libsodium writes where it is told to: what is allocated here is ours, and not the AEAD's.
  registerMLSMessages("100 B", 100, .x25519ChaCha20Ed25519, suffix: ", ChaCha20-Poly1305")
}

private func registerMLSMessages(
  _ name: String, _ byteCount: Int, _ suite: CipherSuite, suffix: String
) {
  let batchCount = 16
  Benchmark("MLS protect \(name)\(suffix)", configuration: .group) { (benchmark, sample: MLSMessageSample) in
    try benchmark.compare(batchCount) {
      blackHole(try sample.group.protect(sample.data))
    } with: {
      blackHole(try sample.signAlone())
      blackHole(try sample.sealAlone())
    }
  } setup: {
    try MLSMessageSample(suite, byteCount: byteCount)
  }
  Benchmark("MLS unprotect \(name)\(suffix)", configuration: .group) {
    (benchmark, sample: MLSMessageSample) in
    // A message opens once.
    let messages = try (0..<batchCount).map { _ in try sample.group.protect(sample.data) }
    var next = 0
    try benchmark.compare(batchCount) {
      try sample.group.receive(messages[next])
      next += 1
    } with: {
      blackHole(sample.verifyAlone())
      blackHole(try sample.openAlone())
    }
  } setup: {
    try MLSMessageSample(suite, byteCount: byteCount)
  }
}

/// A group of two, what one writes to the other, and the suite's primitives.
private struct MLSMessageSample {
  let data: [UInt8]
  let group: MLSGroupSample
  private let suite: CipherSuiteAlgorithms
  private let ed25519: Ed25519.PrivateKey
  private let signature: [UInt8]
  private let key: SecretKey
  private let sealed: [UInt8]
  private let nonce = [UInt8](repeating: 7, count: 12)

  init(_ suite: CipherSuite, byteCount: Int) throws {
    data = [UInt8](repeating: 0x61, count: byteCount)
    group = try MLSGroupSample(2, suite)
    // The first message derives its sender's ratchets, once an epoch.
    guard case .application(let message) = try group.receive(group.protect(data)), message.data == data else {
      throw Failure.wrongContent
    }
    self.suite = try suite.algorithms()
    ed25519 = try Ed25519.PrivateKey()
    signature = try ed25519.signature(for: data)
    key = SecretKey(random: self.suite.aead.keyByteCount)
    sealed = try self.suite.aead.seal(data, using: key, nonce: nonce, authenticating: [])
  }

  func signAlone() throws -> [UInt8] { try ed25519.signature(for: data) }
  func verifyAlone() -> Bool { ed25519.publicKey.isValid(signature: signature, for: data) }
  func sealAlone() throws -> [UInt8] {
    try suite.aead.seal(data, using: key, nonce: nonce, authenticating: [])
  }
  func openAlone() throws -> [UInt8] {
    try suite.aead.open(sealed, using: key, nonce: nonce, authenticating: [])
  }
}
