package import LetterlockFormat

extension RelayAccount {
  /// Checks that an active device asks, which has seen the newest of everything, and that it names no upload that
  /// another device is in the middle of. `find` gives what is there of a blob.
  package func check(
    _ removal: BlobRemoval, _ find: (BlobID) throws(RelayError) -> RelayBlob?
  ) throws(RelayError) {
    guard let member = log.activeMember(removal.device),
      removal.isSigned(by: member.bundle.signingKeys, account: log.account),
      (1...BlobRemoval.maximumBlobCount).contains(removal.blobs.count)
    else { throw .blobRefused }
    guard removal.knownCheckpoint.logHead == log.head else { throw .staleLogHead(newest: log.head) }
    guard removal.knownCheckpoint.account == log.account,
      removal.knownCheckpoint.treeSize == history.tree.size,
      removal.knownCheckpoint.treeRoot == history.tree.root
    else { throw .staleHistory(treeSize: history.tree.size) }
    for blob in removal.blobs {
      guard let found = try find(blob) else { continue }
      let uploader = found.upload.device
      guard found.isComplete || uploader == removal.device || log.activeMember(uploader) == nil else {
        throw .blobRefused
      }
    }
  }
}
