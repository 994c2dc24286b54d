#if Tool
import Foundation
import Letterlock
import TLSCodec

/// What a relay signed against itself, kept where anyone can read it.
enum EvidenceFile {
  /// Keeps a verdict's evidence in a folder, and says where; nothing if there is none.
  static func keep(_ verdict: Verdict, in folder: String?) -> String {
    guard case .forked(let evidence?) = verdict, let folder else { return "" }
    let path = "\(folder)/evidence-\(evidence.older.treeSize)-\(evidence.newer.treeSize).letterlock"
    do { try Output.write(evidence.encoded, to: path) } catch {
      guard isEvidence(path, against: evidence.account) else {
        return " The evidence could not be written to \(path)."
      }
    }
    return " The evidence is in \(path): anyone can check it with `letterlock verify --evidence`."
  }

  /// Whether a file shows the same: the relay signs each state more than once, at other times.
  private static func isEvidence(_ path: String, against account: AccountID) -> Bool {
    guard let bytes = try? ReadFile.bytes(of: path), let kept = try? RelayEvidence(decoding: bytes),
      kept.account == account
    else { return false }
    return (try? kept.check()) != nil
  }

  /// Checks a file of evidence and says what it shows.
  static func check(_ path: String) throws {
    let bytes = try ReadFile.bytes(of: path)
    guard let evidence = try? RelayEvidence(decoding: bytes) else {
      throw ToolError.wrong("\(path) is no evidence: it is malformed.")
    }
    do throws(RelayEvidenceError) { try evidence.check() } catch {
      throw ToolError.wrong("\(path) shows nothing against a relay: \(error.reason).")
    }
    Terminal.line("The relay of account \(evidence.account) signed two histories:")
    for checkpoint in [evidence.older, evidence.newer] {
      Terminal.line("  \(checkpoint.treeSize) records with the root \(checkpoint.treeRoot)")
    }
    Terminal.line(
      "The second had the root \(evidence.beginning) when it was as long as the first: they contradict.")
  }
}
#endif
