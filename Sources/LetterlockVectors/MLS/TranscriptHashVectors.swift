import MLS
import TLSCodec

/// transcript-hashes.json.
enum TranscriptHashVectors {
  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let content = try AuthenticatedContent(decoding: test.bytes("authenticated_content"))
    guard case .commit = content.content.content, let tag = content.auth.confirmationTag else {
      return false
    }
    let before = TranscriptHash(confirmed: [], interim: test.bytes("interim_transcript_hash_before"))
    let confirmed = before.confirmed(after: content, suite)
    let after = TranscriptHash(confirmed: confirmed, confirmationTag: tag, suite)
    return content.encoded == test.bytes("authenticated_content")
      && confirmed == test.bytes("confirmed_transcript_hash_after")
      && after.interim == test.bytes("interim_transcript_hash_after")
      && suite.isValid(tag, test.secret("confirmation_key"), confirmed)
  }
}
