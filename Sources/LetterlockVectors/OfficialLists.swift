import CryptoCore
import Foundation
import Letterlock
import TLSCodec

/// Official files that are plain lists or objects: RFC 9180, X-Wing, Argon2id, Ed25519 edge cases, Merkle
/// trees.
enum OfficialLists {
  static func verify(_ cases: [JSONCase], named file: String, _ report: inout VectorReport) {
    guard let first = cases.first else { return }
    for (index, test) in cases.enumerated() {
      if MLSVectors.verify(test, index, &report) { continue }
      let name = test.text("name") ?? "case \(test.number("number") ?? index)"
      if first.has("kem_id") {
        hpke(test, name, &report)
      } else if first.has("eseed") {
        xWing(test, name, &report)
      } else if first.has("m_kib") {
        argon2(test, name, &report)
      } else if first.has("pub_key") {
        // The rule that SPEC.md names accepts the one case without anything of low order.
        let isValid = ed25519(test.bytes("pub_key"), test.bytes("signature"), test.bytes("message"))
        report.check(isValid == (index == 3), name)
      } else if first.has("flags"), first.has("sig") {
        edgeCase(test, name, &report)
      } else if first.text("hash") == "blake2b" {
        report.skip("BLAKE2b, which this library has no use for")
      } else if first.has("start") {
        report.skip("proofs of subtrees, which this version does not make")
      } else if first.has("leafIdx") || first.has("size1") {
        let wanted = test.flag("wantErr") == false
        let holds = MerkleProofVector(test).holds
        if wanted, holds == nil {
          report.skip("proofs whose hashes are no SHA-256")
        } else {
          report.check((holds ?? false) == wanted, name)
        }
      }
    }
  }

  static func verify(_ object: JSONCase, _ report: inout VectorReport) {
    if object.has("roots_by_size") { merkleTree(object, &report) }
    for test in object.list("crypto_pwhash") { libsodiumArgon2(test, &report) }
    for test in object.list("crypto_pwhash_str_verify") {
      let isValid = Argon2id.verify(
        encoded: test.text("encoded") ?? "", password: Array((test.text("password_utf8") ?? "").utf8))
      report.check(isValid == (test.text("expect") == "success"), test.text("name") ?? "")
    }
  }

  private static func ed25519(_ key: [UInt8], _ signature: [UInt8], _ message: [UInt8]) -> Bool {
    (try? Ed25519.PublicKey(bytes: key))?.isValid(signature: signature, for: message) ?? false
  }

  /// C2SP/CCTV's edge cases have no expected result: it follows from the rule that SPEC.md names.
  private static func edgeCase(_ test: JSONCase, _ name: String, _ report: inout VectorReport) {
    let refused: Set = [
      "low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue",
      "reencoded_k",
    ]
    let isValid = ed25519(
      test.bytes("key"), test.bytes("sig"), Array((test.text("msg") ?? "").utf8))
    report.check(isValid == refused.isDisjoint(with: test.texts("flags")), name)
  }

  private static func hpke(_ test: JSONCase, _ name: String, _ report: inout VectorReport) {
    guard let kem = test.number("kem_id").flatMap({ HPKEKEM(rawValue: UInt16(clamping: $0)) }),
      let kdf = test.number("kdf_id").flatMap({ HPKEKDF(rawValue: UInt16(clamping: $0)) }),
      let aead = test.number("aead_id").flatMap({ HPKEAEAD(rawValue: UInt16(clamping: $0)) })
    else { return report.skip("a suite that this library does not have") }
    guard let mode = test.number("mode"), mode < 2 else {
      return report.skip("auth modes, which this library does not have")
    }
    let isRight =
      (try? HPKEVector(test, HPKESuite(kem: kem, kdf: kdf, aead: aead), mode: mode).isRight) ?? false
    report.check(isRight, name)
  }

  private static func xWing(_ test: JSONCase, _ name: String, _ report: inout VectorReport) {
    let key = try? XWing.PrivateKey(seed: SecretKey(copying: test.bytes("seed")))
    let secret = try? key?.decapsulate(test.bytes("ct")).exportRawBytes()
    report.check(key?.publicKey.bytes == test.hex("pk") && secret == test.hex("ss"), name)
  }

  private static func argon2(_ test: JSONCase, _ name: String, _ report: inout VectorReport) {
    guard test.flag("libsodium_crypto_pwhash") == true else {
      guard test.flag("libsodium_str_verify") == true, let encoded = test.text("encoded") else {
        return report.skip("Argon2id parameters that libsodium does not take")
      }
      return report.check(
        Argon2id.verify(encoded: encoded, password: test.bytes("password")), name)
    }
    let tag = try? Argon2id.deriveKey(
      from: SecretKey(copying: test.bytes("password")), salt: test.bytes("salt"),
      memoryKiB: test.number("m_kib") ?? 0, passes: test.number("t") ?? 0,
      byteCount: test.number("length") ?? 0)
    report.check(tag?.exportRawBytes() == test.hex("tag"), name)
  }

  private static func libsodiumArgon2(_ test: JSONCase, _ report: inout VectorReport) {
    let tag = try? Argon2id.deriveKey(
      from: SecretKey(copying: test.bytes("password")), salt: Array(test.bytes("salt").prefix(16)),
      memoryKiB: (test.number("memlimit_bytes") ?? 0) >> 10, passes: test.number("opslimit") ?? 0,
      byteCount: test.number("length") ?? 0)
    let isRight =
      test.text("expect") == "success"
      ? tag?.exportRawBytes() == test.hex("tag") && tag != nil : tag == nil
    report.check(isRight, test.text("name") ?? "")
  }

  /// The root of every tree size, from the empty tree on.
  private static func merkleTree(_ object: JSONCase, _ report: inout VectorReport) {
    var tree = HistoryTree()
    let roots = object.texts("roots_by_size")
    for (size, root) in roots.enumerated() {
      report.check(tree.root.description == root, "root of size \(size)")
      let leaves = object.texts("leaf_inputs")
      if size < leaves.count { tree.append(HistoryTree.leafHash(Hex.decode(leaves[size]) ?? [])) }
    }
  }
}

/// One case of an inclusion or a consistency proof; hashes are in base64.
private struct MerkleProofVector {
  /// Nil if a hash has another length than SHA-256's.
  let holds: Bool?

  init(_ test: JSONCase) {
    func digest(_ text: String?) -> Digest32? {
      text.flatMap { Data(base64Encoded: $0) }.flatMap { try? Digest32(bytes: Array($0)) }
    }
    let path = test.texts("proof").compactMap(digest)
    guard path.count == test.texts("proof").count else {
      holds = nil
      return
    }
    func size(_ name: String) -> UInt64 { test.number(name).flatMap { UInt64(exactly: $0) } ?? .max }
    if test.has("leafIdx") {
      guard let leaf = digest(test.text("leafHash")), let root = digest(test.text("root")) else {
        holds = nil
        return
      }
      holds = InclusionProof(leaf: size("leafIdx"), path: path).holds(
        for: leaf, size: size("treeSize"), root: root)
    } else {
      guard let old = digest(test.text("root1")), let new = digest(test.text("root2")) else {
        holds = nil
        return
      }
      holds = ConsistencyProof(oldSize: size("size1"), newSize: size("size2"), path: path).holds(
        old: old, new: new)
    }
  }
}

/// One case of RFC 9180's file, from both sides where the KEM lets us choose the ephemeral key.
private struct HPKEVector {
  let isRight: Bool

  init(_ test: JSONCase, _ suite: HPKESuite, mode: Int) throws {
    let key = try HPKEPrivateKey(bytes: SecretKey(copying: test.bytes("skRm")), kem: suite.kem)
    guard key.publicKey.bytes == test.bytes("pkRm") else {
      isRight = false
      return
    }
    if let material = test.hex("ikmR"), suite.kem != .xWing {
      let derived = try HPKEPrivateKey.derive(from: SecretKey(copying: material), kem: suite.kem)
      guard derived.publicKey.bytes == key.publicKey.bytes else {
        isRight = false
        return
      }
    }
    let preSharedKey =
      mode == 1
      ? try HPKE.PreSharedKey(SecretKey(copying: test.bytes("psk")), identifier: test.bytes("psk_id"))
      : nil
    var recipient = try HPKE.Recipient(
      test.bytes("enc"), with: key, suite: suite, info: test.bytes("info"), preSharedKey: preSharedKey)
    for message in test.list("encryptions") {
      let opened = try recipient.open(message.bytes("ct"), authenticating: message.bytes("aad"))
      guard opened == message.bytes("pt") else {
        isRight = false
        return
      }
    }
    for export in test.list("exports") {
      let value = try recipient.export(
        context: export.bytes("exporter_context"), byteCount: export.number("L") ?? 0)
      guard value.exportRawBytes() == export.bytes("exported_value") else {
        isRight = false
        return
      }
    }
    isRight =
      try suite.kem == .xWing || Self.isSending(test, suite, key.publicKey, preSharedKey)
  }

  private static func isSending(
    _ test: JSONCase, _ suite: HPKESuite, _ key: HPKEPublicKey, _ preSharedKey: HPKE.PreSharedKey?
  ) throws -> Bool {
    let ephemeral = try HPKEPrivateKey(bytes: SecretKey(copying: test.bytes("skEm")), kem: suite.kem)
    var sender = try HPKE.Sender(
      to: key, suite: suite, info: test.bytes("info"), preSharedKey: preSharedKey,
      ephemeral: ephemeral)
    guard sender.encapsulatedKey == test.bytes("enc") else { return false }
    for message in test.list("encryptions") {
      let sealed = try sender.seal(message.bytes("pt"), authenticating: message.bytes("aad"))
      guard sealed == message.bytes("ct") else { return false }
    }
    return true
  }
}
