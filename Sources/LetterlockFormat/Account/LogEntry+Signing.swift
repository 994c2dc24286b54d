extension LogEntry {
  /// An entry signed by `signers`, in order, with `votes` after the first.
  package init(
    _ content: LogEntryContent, signedBy signers: [DeviceKeys], votes: [EntrySignature] = [],
    account: AccountID
  ) throws(FormatError) {
    let body = content.encoded
    var signatures: [EntrySignature] = []
    for keys in signers {
      signatures.append(
        EntrySignature(
          device: keys.deviceID, signature: try keys.sign(body, for: .logEntry, account: account)))
    }
    signatures.insert(contentsOf: votes, at: min(1, signatures.count))
    self.init(content: content, signatures: signatures)
  }
}
