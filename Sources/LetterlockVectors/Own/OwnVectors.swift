import CryptoCore
import Foundation
import TLSCodec

/// This format's own vectors: one file for each kind, with the cases that must hold and those that must not.
enum OwnVectors {
  static let format = "letterlock-vectors/1"

  /// Every kind, by the name of its file.
  static let kinds: [any (OwnVectorKind & SendableMetatype).Type] = [
    DerivationVectors.self, SignatureVectors.self, AccountVectors.self, EpochVectors.self,
    RecordVectors.self, SignedBatchVectors.self, MessageVectors.self, PaddingVectors.self,
    AttachmentVectors.self, AttachmentDigestVectors.self, WrittenCodeVectors.self, JoinVectors.self,
    TreeVectors.self, ProofVectors.self, SafetyVectors.self, KeyFileVectors.self, ErasureVectors.self,
    ProjectionVectors.self, RevisionVectors.self, SendingVectors.self, HTTPRequestVectors.self,
    HTTPBodyVectors.self, HTTPProblemVectors.self, HTTPEventVectors.self,
  ]

  static func verify(_ file: JSONCase, _ report: inout VectorReport) {
    guard let kind = kinds.first(where: { $0.name == file.text("kind") }) else {
      return report.skip("a kind that this version does not know")
    }
    for test in file.list("cases") {
      report.check((try? kind.holds(test, in: file)) ?? false, test.text("name") ?? "a case")
    }
  }
}

/// One kind of vectors.
protocol OwnVectorKind: Sendable {
  /// The name of the kind, and of its file.
  static var name: String { get }
  /// What the cases say, and where SPEC.md says it.
  static var about: String { get }
  /// The cases, and what they share.
  static func make() throws -> (shared: [String: Any], cases: [[String: Any]])
  /// Whether a case comes out as it says.
  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool
}

/// The fixed seeds that vectors are made from.
enum VectorSeed {
  /// `SHA-256("letterlock vectors " + name)`.
  static func bytes(_ name: String) -> [UInt8] { SHA256Hash.hash(Array("letterlock vectors \(name)".utf8)) }

  static func key(_ name: String) -> SecretKey { SecretKey(copying: bytes(name)) }

  /// As many bytes as wanted, the seed over and over.
  static func bytes(_ name: String, count: Int) -> [UInt8] {
    let seed = bytes(name)
    return (0..<count).map { seed[$0 % seed.count] ^ UInt8(truncatingIfNeeded: $0 / seed.count) }
  }
}

extension [UInt8] {
  /// In hexadecimal.
  var hex: String { Hex.encode(self) }

  /// With one bit changed.
  func flipping(_ index: Int, bit: UInt8 = 0) -> [UInt8] {
    var bytes = self
    bytes[index] ^= 1 << bit
    return bytes
  }
}
