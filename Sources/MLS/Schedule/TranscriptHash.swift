internal import TLSCodec

/// The hash over all commits of a group. RFC 9420 section 8.2.
package struct TranscriptHash: Hashable, Sendable {
  /// `confirmed_transcript_hash`: up to and including the last commit's signature.
  package var confirmed: [UInt8]
  /// `interim_transcript_hash`: the last commit's confirmation tag too.
  package var interim: [UInt8]

  /// Of epoch 0, in which there was no commit yet. The interim hash takes the creator's confirmation tag in.
  package static let initial = TranscriptHash(confirmed: [], interim: [])

  /// Hashes that are known.
  package init(confirmed: [UInt8], interim: [UInt8]) {
    self.confirmed = confirmed
    self.interim = interim
  }

  /// Of the epoch of a GroupInfo.
  package init(confirmed: [UInt8], confirmationTag: MAC, _ suite: CipherSuiteAlgorithms) {
    self.confirmed = confirmed
    interim = Self.interim(confirmed, confirmationTag, suite)
  }

  ///     confirmed_transcript_hash_[epoch] =
  ///         Hash(interim_transcript_hash_[epoch - 1] || ConfirmedTranscriptHashInput_[epoch]);
  ///
  ///     struct {
  ///       WireFormat wire_format;
  ///       FramedContent content; /* with content_type == commit */
  ///       opaque signature<V>;
  ///     } ConfirmedTranscriptHashInput;
  package func confirmed(after commit: AuthenticatedContent, _ suite: CipherSuiteAlgorithms) -> [UInt8] {
    var writer = TLSWriter(reserving: 1024)
    writer.write(fixed: interim)
    commit.wireFormat.encode(to: &writer)
    commit.content.encode(to: &writer)
    writer.write(opaque: commit.auth.signature)
    return suite.hash(writer.bytes)
  }

  ///     interim_transcript_hash_[epoch] =
  ///         Hash(confirmed_transcript_hash_[epoch] || InterimTranscriptHashInput_[epoch]);
  ///
  ///     struct {
  ///       MAC confirmation_tag;
  ///     } InterimTranscriptHashInput;
  private static func interim(
    _ confirmed: [UInt8], _ confirmationTag: MAC, _ suite: CipherSuiteAlgorithms
  ) -> [UInt8] {
    suite.hash(confirmed + confirmationTag.encoded)
  }
}
