import CryptoCore
import MLS
import TLSCodec

/// The vectors of the MLS working group. Each file's cases have a member that no other file's have; its
/// verifier says whether a case holds, and throws where the library refuses it.
enum MLSVectors {
  private typealias Verifier = @Sendable (JSONCase, CipherSuiteAlgorithms) throws -> Bool

  /// Cases that name a cipher suite.
  private static let bySuite: [(member: String, verifier: Verifier)] = [
    ("ref_hash", CryptoBasicsVectors.verify),
    ("initial_init_secret", KeyScheduleVectors.verify),
    ("psks", KeyScheduleVectors.verifyPreSharedKeys),
    ("sender_data", SecretTreeVectors.verify),
    ("interim_transcript_hash_before", TranscriptHashVectors.verify),
    ("proposal_pub", MessageProtectionVectors.verify),
    ("signer_pub", WelcomeVectors.verify),
    ("resolutions", RatchetTreeVectors.validation),
    ("tree_before", RatchetTreeVectors.operation),
    ("update_paths", TreeKEMVectors.verify),
    ("initial_epoch_authenticator", PassiveClientVectors.verify),
    ("application_export_secret", SafeApplicationVectors.verify),
  ]

  /// Cases of every suite.
  private static let ofAllSuites: [(member: String, verifier: @Sendable (JSONCase) throws -> Bool)] = [
    ("n_leaves", TreeMathVectors.verify),
    ("vlbytes_header", MLSMessageVectors.verifyLength),
    ("mls_welcome", MLSMessageVectors.verify),
  ]

  /// Whether `test` is one of theirs; if so, it is verified.
  static func verify(_ test: JSONCase, _ index: Int, _ report: inout VectorReport) -> Bool {
    if let (_, verifier) = ofAllSuites.first(where: { test.has($0.member) }) {
      check(index, &report) { try verifier(test) }
      return true
    }
    guard let number = test.number("cipher_suite").flatMap(UInt16.init(exactly:)) else { return false }
    let suite = CipherSuite(rawValue: number)
    guard let (_, verifier) = bySuite.first(where: { test.has($0.member) }) else { return false }
    guard let algorithms = try? suite.algorithms() else {
      report.skip("\(suite), which no library here has")
      return true
    }
    check(index, &report) { try verifier(test, algorithms) }
    return true
  }

  private static func check(_ index: Int, _ report: inout VectorReport, _ verify: () throws -> Bool) {
    do { report.check(try verify(), "case \(index)") } catch { report.fail("case \(index): \(error)") }
  }
}

extension JSONCase {
  /// Hexadecimal that is a secret.
  func secret(_ name: String) -> SecretKey { SecretKey(copying: bytes(name)) }

  /// Whether `secret` is what the hexadecimal says.
  func matches(_ name: String, _ secret: SecretKey) -> Bool {
    has(name) && secret.isEqual(to: self.secret(name))
  }
}
