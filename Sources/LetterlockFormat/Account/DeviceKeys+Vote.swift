extension DeviceKeys {
  /// A vote as an entry holds it.
  package func vote(
    for content: VoteContent, account: AccountID
  ) throws(FormatError) -> EntrySignature {
    EntrySignature(
      device: deviceID, signature: try sign(content.encoded, for: .recoveryVote, account: account))
  }
}
