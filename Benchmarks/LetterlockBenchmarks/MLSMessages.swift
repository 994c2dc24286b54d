import Benchmark
import CryptoCore
import MLS
import TLSCodec

/// Protecting and unprotecting application messages of MLS, beside the two primitives that each needs: one
/// signature or verification, and one AEAD call, on as many bytes.
func registerMLSMessages() {
  for (name, byteCount) in [("100 B", 100), ("1 KiB", 1024), ("16 KiB", 16 * 1024)] {
    registerMLSMessages(name, byteCount, .x25519AES128Ed25519, suffix: "")
  }
  registerMLSMessages("100 B", 100, .xWingAES256Ed25519, suffix: ", post-quantum")
}

private func registerMLSMessages(
  _ name: String, _ byteCount: Int, _ suite: CipherSuite, suffix: String
) {
  Benchmark("MLS protect \(name)\(suffix)", configuration: .group) { (benchmark, sample: MLSSample) in
    var protection = sample.protection
    try benchmark.compare(16) {
      blackHole(try protection.sealApplication(sample.data, from: sample.leaf, with: sample.signer))
    } with: {
      blackHole(try sample.signAlone())
      blackHole(try sample.sealAlone())
    }
  } setup: {
    try MLSSample(suite, byteCount: byteCount)
  }
  Benchmark("MLS unprotect \(name)\(suffix)", configuration: .group) { (benchmark, sample: MLSSample) in
    let key = sample.signer.publicKey
    try benchmark.compare(8) {
      // A message opens once: each time with the keys as they were.
      var protection = sample.protection
      guard case .privateMessage(let message) = try MLSMessage(decoding: sample.message) else { return }
      blackHole(try protection.open(message) { _ in key })
    } with: {
      blackHole(sample.verifyAlone())
      blackHole(try sample.openAlone())
    }
  } setup: {
    try MLSSample(suite, byteCount: byteCount)
  }
}

/// An epoch of two members, and a message of one to the other.
private struct MLSSample: Sendable {
  let data: [UInt8]
  let leaf = LeafIndex(0)
  let signer: SignatureKeyPair
  let protection: MessageProtection
  let message: [UInt8]
  private let suite: CipherSuiteAlgorithms
  private let ed25519: Ed25519.PrivateKey
  private let signature: [UInt8]
  private let key: SecretKey
  private let sealed: [UInt8]
  private let nonce = [UInt8](repeating: 7, count: 12)

  init(_ suite: CipherSuite, byteCount: Int) throws {
    let algorithms = try suite.algorithms()
    self.suite = algorithms
    data = [UInt8](repeating: 0x61, count: byteCount)
    signer = try SignatureKeyPair.generate(suite)
    let context = GroupContext(
      cipherSuite: suite, groupID: [UInt8](repeating: 1, count: 16), epoch: 3,
      treeHash: [UInt8](repeating: 2, count: algorithms.hashByteCount),
      confirmedTranscriptHash: [UInt8](repeating: 3, count: algorithms.hashByteCount), extensions: [])
    var sending = MessageProtection(
      context, senderDataSecret: algorithms.randomSecret(), membershipKey: algorithms.randomSecret(),
      secretTree: SecretTree(
        encryptionSecret: algorithms.randomSecret(), leafCount: LeafCount(holding: 2), algorithms),
      algorithms)
    // The first message derives the leaf's ratchets, once an epoch.
    var receiving = sending
    let first = try sending.sealApplication(data, from: leaf, with: signer)
    guard case .privateMessage(let opened) = try MLSMessage(decoding: first) else {
      throw AEADError.invalidSize
    }
    let publicKey = signer.publicKey
    _ = try receiving.open(opened) { _ in publicKey }
    message = try sending.sealApplication(data, from: leaf, with: signer)
    protection = receiving
    ed25519 = try Ed25519.PrivateKey()
    signature = try ed25519.signature(for: data)
    key = SecretKey(random: algorithms.aead.keyByteCount)
    sealed = try algorithms.aead.seal(data, using: key, nonce: nonce, authenticating: [])
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
