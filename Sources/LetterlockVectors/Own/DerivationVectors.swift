import CryptoCore
import Letterlock

/// Derived secrets, labelled hashes and identifiers.
enum DerivationVectors: OwnVectorKind {
  static let name = "derivation"
  static let about = "Derive and Hash. SPEC.md section 2.2."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    var cases: [[String: Any]] = []
    for (purpose, length) in [("commit", 32), ("stream", 16), ("link nonce", 24), ("", 1), ("record", 255)] {
      let (secret, context) = (VectorSeed.bytes(purpose), VectorSeed.bytes("context", count: length * 3))
      let output = try Derivation.publicBytes(
        from: SecretKey(copying: secret), purpose: purpose, context: context, byteCount: length)
      cases.append([
        "name": "derive \(purpose), \(length) bytes", "operation": "derive", "secret": secret.hex,
        "purpose": purpose, "context": context.hex, "output": output.hex,
      ])
    }
    for (purpose, count) in [("account id", 0), ("bundle hash", 100), ("signed batch", 1)] {
      let body = VectorSeed.bytes("body", count: count)
      cases.append([
        "name": "hash \(purpose)", "operation": "hash", "purpose": purpose, "body": body.hex,
        "output": Derivation.hash(purpose, body).hex,
      ])
    }
    return ([:], cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let (purpose, output) = (test.text("purpose") ?? "", test.bytes("output"))
    if test.text("operation") == "hash" {
      return Derivation.hash(purpose, test.bytes("body")) == output
    }
    return try Derivation.publicBytes(
      from: SecretKey(copying: test.bytes("secret")), purpose: purpose, context: test.bytes("context"),
      byteCount: output.count) == output
  }
}
