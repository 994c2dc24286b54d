internal import CryptoCore
internal import Letterlock
internal import SystemCore

/// Sealed attachments, and calls from several threads.
extension StoreCheck {
  private func write(
    _ bytes: ArraySlice<UInt8>, to blob: BlobID, at offset: Int, in store: any DeviceStore
  ) throws {
    let bytes = Array(bytes)
    try bytes.withRawSpan { try store.writeBlob(blob, at: UInt64(offset), $0) }
  }

  private static func content(_ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 5 / 3) }
  }

  /// Writes a whole attachment in one piece.
  private func keep(_ content: [UInt8], as upload: BlobUpload, in store: any DeviceStore) throws {
    try store.beginBlob(upload.blob)
    try write(content[...], to: upload.blob, at: 0, in: store)
    try store.finishBlob(upload, isUploaded: false)
  }

  func smallBlobs() throws {
    let signer = try SampleSigner()
    let (first, second) = (try signer.blob(Self.content(1_000)), try signer.blob([1, 2, 3]))
    try session { store in
      try store.enqueue([[1]], blobs: [first])
      try store.keepBlob(second, isUploaded: true)
    }
    try session { store in
      for blob in [first, second] {
        let id = blob.upload.blob
        expect(try store.blob(id) == blob.upload, else: "What was signed about an attachment is another.")
        expect(
          try store.readBlob(id, at: 0, byteCount: 5_000) == blob.bytes, else: "Its bytes are not those kept."
        )
      }
      expect(
        try store.readBlob(first.upload.blob, at: 990, byteCount: 5) == Array(first.bytes[990..<995]),
        else: "A part of an attachment is another part.")
      expect(
        try store.readBlob(first.upload.blob, at: 1_000, byteCount: 5) == [],
        else: "There are bytes beyond an attachment's end.")
      expect(
        try Set(store.allBlobs()) == [first.upload.blob, second.upload.blob],
        else: "allBlobs() does not return the attachments that are there.")
      let again = SealedBlob(upload: try signer.upload(of: [9], as: second.upload.blob), bytes: [9])
      try store.keepBlob(again, isUploaded: true)
      expect(
        try store.readBlob(second.upload.blob, at: 0, byteCount: 9) == [9],
        else: "An attachment that is kept again is not replaced.")
    }
  }

  func largeBlobs() throws {
    let content = Self.content(1_500_000)
    let upload = try SampleSigner().upload(of: content)
    let blob = upload.blob
    try session { store in
      expectFailure(else: "An attachment is finished that was never begun.") {
        try store.finishBlob(upload, isUploaded: false)
      }
      try store.beginBlob(blob)
      try write(content[..<9], to: blob, at: 700, in: store)
      try store.beginBlob(blob)
      try write(content[1_000_000...], to: blob, at: 1_000_000, in: store)
      try write(content[..<1_000_000], to: blob, at: 0, in: store)
      expect(try store.blob(blob) == nil, else: "An attachment is there before it is finished.")
      expect(try store.allBlobs() == [], else: "allBlobs() returns one that is not finished.")
      expect(try store.blobsToUpload() == [], else: "blobsToUpload() returns one that is not finished.")
      try store.finishBlob(upload, isUploaded: false)
    }
    try session { store in
      expect(try store.blob(blob) == upload, else: "A finished attachment is not there.")
      expect(
        try store.readBlob(blob, at: 0, byteCount: 2_000_000) == content,
        else: "Its bytes are not those that were written.")
      expect(
        try store.readBlob(blob, at: 999_990, byteCount: 20) == Array(content[999_990..<1_000_010]),
        else: "A part of an attachment is another part.")
      expect(try store.readBlob(blob, at: .max, byteCount: 1) == [], else: "There are bytes beyond its end.")
      try store.beginBlob(blob)
      expect(try store.blob(blob) == nil, else: "An attachment that is begun anew still counts as there.")
      expect(
        try store.readBlob(blob, at: 0, byteCount: 9) == [],
        else: "An attachment that is begun anew is not empty.")
    }
  }

  func uploads() throws {
    let signer = try SampleSigner()
    let waiting = try (0..<3).map { try signer.blob([UInt8($0)]) }
    let large = try signer.upload(of: [7, 7])
    try session { store in
      try store.enqueue([], blobs: [waiting[0]])
      try store.keepBlob(waiting[1], isUploaded: false)
      try store.keepBlob(waiting[2], isUploaded: true)
      try keep([7, 7], as: large, in: store)
      try store.markUploaded(waiting[1].upload.blob)
      try store.markUploaded(waiting[1].upload.blob)
      try store.markUploaded(BlobID())
    }
    try session { store in
      expect(
        try Set(store.blobsToUpload()) == [waiting[0].upload, large],
        else: "Not those wait that were kept as waiting and not marked as uploaded.")
      expect(try store.allBlobs().count == 4, else: "An attachment is gone when it is marked as uploaded.")
      let sealing = BlobID()
      try store.beginBlob(sealing)
      try store.markUploaded(sealing)
      expect(
        try store.blob(sealing) == nil, else: "Marking an unfinished attachment as uploaded finishes it.")
      // A relay has lost one, and it is signed for again.
      let again = try SampleSigner().upload(of: [2], as: waiting[2].upload.blob)
      try store.finishBlob(again, isUploaded: false)
      expect(
        try store.blobsToUpload().contains(again), else: "A small attachment cannot be signed for again.")
      expect(
        try store.readBlob(again.blob, at: 0, byteCount: 9) == [2],
        else: "Signing for an attachment again changes its bytes.")
    }
  }

  func downloads() throws {
    let signer = try SampleSigner()
    let content = Self.content(600_000)
    let upload = try signer.upload(of: content)
    try session { store in
      expect(try store.downloadedByteCount(of: upload.blob) == 0, else: "An unknown download has bytes.")
      expect(try store.beginDownload(upload) == 0, else: "A new download does not begin at byte 0.")
      try write(content[..<1_234], to: upload.blob, at: 0, in: store)
    }
    try session { store in
      expect(
        try store.downloadedByteCount(of: upload.blob) == 1_234, else: "Bytes that were fetched do not count."
      )
      expect(try store.beginDownload(upload) == 1_234, else: "A download does not go on where it was.")
      expect(try store.blob(upload.blob) == nil, else: "An attachment is there before it is fetched.")
      expect(try store.allBlobs() == [], else: "allBlobs() returns one that is being fetched.")
      expect(
        try store.readBlob(upload.blob, at: 1_000, byteCount: 9) == Array(content[1_000..<1_009]),
        else: "What was fetched cannot be read.")
      try write(content[1_234...], to: upload.blob, at: 1_234, in: store)
      try store.finishBlob(upload, isUploaded: true)
      expect(
        try store.readBlob(upload.blob, at: 0, byteCount: 700_000) == content,
        else: "A finished download is not what was fetched.")
      expect(try store.downloadedByteCount(of: upload.blob) == 0, else: "A finished download goes on.")
      expect(try store.blobsToUpload() == [], else: "A download waits to be uploaded.")
    }
    try session { store in
      let new = BlobID()
      let (first, second) = (
        try signer.upload(of: [1, 2], as: new), try signer.upload(of: [4, 5, 6], as: new)
      )
      _ = try store.beginDownload(first)
      try write([1, 2][...], to: new, at: 0, in: store)
      expect(try store.beginDownload(second) == 0, else: "Another file's download goes on with these bytes.")
      expect(try store.downloadedByteCount(of: new) == 0, else: "Another file's bytes count.")
    }
  }

  func unfinishedBlobs() throws {
    let signer = try SampleSigner()
    let (sealing, fetched) = (BlobID(), try signer.upload(of: [4, 5, 6]))
    let (small, large) = (try signer.blob([1]), try signer.upload(of: [7, 7]))
    try session { store in
      try store.beginBlob(sealing)
      try write([1][...], to: sealing, at: 0, in: store)
      _ = try store.beginDownload(fetched)
      try write([4, 5][...], to: fetched.blob, at: 0, in: store)
      try store.keepBlob(small, isUploaded: false)
      try keep([7, 7], as: large, in: store)
      try store.removeUnfinishedBlobs()
      try store.removeUnfinishedBlobs()
    }
    try session { store in
      expect(
        try store.readBlob(sealing, at: 0, byteCount: 1) == [], else: "One whose sealing broke off stays.")
      expect(try store.downloadedByteCount(of: fetched.blob) == 2, else: "One that is being fetched is gone.")
      expect(
        try Set(store.allBlobs()) == [small.upload.blob, large.blob], else: "A complete one is gone.")
      expect(
        try store.readBlob(large.blob, at: 0, byteCount: 9) == [7, 7], else: "A complete one has no bytes.")
    }
  }

  func removedBlobs() throws {
    let signer = try SampleSigner()
    let (small, stays, large) = (try signer.blob([1]), try signer.blob([2]), try signer.upload(of: [7, 7]))
    let sealing = BlobID()
    try session { store in
      for blob in [small, stays] { try store.keepBlob(blob, isUploaded: false) }
      try keep([7, 7], as: large, in: store)
      try store.beginBlob(sealing)
      let gone = [small.upload.blob, large.blob, sealing, BlobID()]
      try store.removeBlobs(gone)
      try store.removeBlobs(gone)
    }
    try session { store in
      for blob in [small.upload.blob, large.blob, sealing] {
        expect(try store.blob(blob) == nil, else: "What was signed about it is still there.")
        expect(try store.readBlob(blob, at: 0, byteCount: 9) == [], else: "Its bytes are still there.")
      }
      expect(try store.allBlobs() == [stays.upload.blob], else: "Others are gone, or not those removed.")
      expect(try store.blobsToUpload() == [stays.upload], else: "Not the others alone wait to be uploaded.")
    }
  }

  func concurrentCalls() throws {
    let count = 64
    try session { store in
      _ = try concurrentMap(count, chunkCount: 4) {
      } _: { _, number in
        try store.enqueue([[UInt8(number)]], blobs: [], changes: [.put([1, UInt8(number)], [2])])
        try store.apply([.put([2], [UInt8(number)]), .put([3, UInt8(number)], [4])])
      }
    }
    try session { store in
      let outbox = try store.outbox(limit: .max)
      expect(Set(outbox.map(\.bytes)).count == count, else: "Records that were added at once are lost.")
      expect(
        Set(outbox.map(\.sequence)).count == count, else: "Records that were added at once share a place.")
      expect(
        try store.entries(in: .all, limit: .max).count == 2 * count + 1,
        else: "Changes that were applied at once are lost.")
    }
  }
}
