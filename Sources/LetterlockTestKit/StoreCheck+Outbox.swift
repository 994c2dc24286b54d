internal import Letterlock

/// The outbox, what is staged, and the progress.
extension StoreCheck {
  func newStore() throws {
    try session { store in
      expect(try store.progress() == nil, else: "progress() returns something.")
      expect(try store.staged() == nil, else: "staged() returns something.")
      expect(try store.outbox(limit: 9) == [], else: "outbox(after:limit:) returns records.")
      expect(try store.outboxCount() == 0, else: "outboxCount() is not 0.")
      expect(try store.batches(from: 0, limit: 9) == [], else: "batches(from:limit:) returns batches.")
      expect(try store.batches(before: .max, limit: 9) == [], else: "batches(before:limit:) returns batches.")
      expect(try store.records(at: [0, 1]) == [nil, nil], else: "records(at:) returns records.")
      expect(try store.value(at: [1]) == nil, else: "value(at:) returns something.")
      expect(try store.entries(in: .all, limit: 9) == [], else: "entries(in:order:limit:) returns entries.")
      expect(try store.allBlobs() == [], else: "allBlobs() returns attachments.")
      expect(try store.blobsToUpload() == [], else: "blobsToUpload() returns attachments.")
      expect(try store.blob(BlobID()) == nil, else: "blob(_:) returns an upload.")
    }
  }

  func progress() throws {
    try session { try $0.stage(nil, through: 0, progress: [1]) }
    try session { store in
      expect(try store.progress() == [1], else: "stage(_:through:progress:changes:) does not keep progress.")
      try store.commit([], clearingOutboxThrough: nil, progress: [2])
    }
    try session { store in
      expect(try store.progress() == [2], else: "commit does not keep progress.")
      try store.fill([], progress: [3])
    }
    try session { store in
      expect(try store.progress() == [3], else: "fill(_:progress:changes:) does not keep progress.")
    }
  }

  func replacing() throws {
    var signer = try SampleSigner()
    let batch = try signer.batch([[10]])
    var place: Int64 = 0
    try session { store in
      try store.enqueue([[1]], blobs: [])
      place = try store.outbox(limit: 1).first?.sequence ?? 0
      try store.stage(nil, through: 0, progress: [1], replacing: nil)
    }
    for other in [nil, [], [2], [1, 0]] as [[UInt8]?] {
      try session { store in
        expectConflict(over: "the progress", in: "stage") {
          try store.stage([5], through: place, progress: [9], replacing: other, changes: [.put([1], [1])])
        }
        expectConflict(over: "the progress", in: "commit") {
          try store.commit(
            [batch], clearingOutboxThrough: place, staging: StagedBatch(signedBatch: [6], through: 9),
            progress: [9], replacing: other, changes: [.put([1], [1])])
        }
        expectConflict(over: "the progress", in: "fill") {
          try store.fill([], progress: [9], replacing: other, changes: [.put([1], [1])])
        }
        expectConflict(over: "the progress", in: "clearHistory") {
          try store.clearHistory(progress: [9], replacing: other)
        }
      }
    }
    try session { store in
      expect(try store.progress() == [1], else: "A call that is refused for its progress changes it.")
      expect(try store.staged() == nil, else: "A call that is refused for its progress stages a batch.")
      expect(try store.outboxCount() == 1, else: "A call that is refused for its progress clears the outbox.")
      expect(try store.value(at: [1]) == nil, else: "A call that is refused for its progress puts a value.")
      expect(
        try store.batches(from: 0, limit: 9) == [],
        else: "A call that is refused for its progress adds batches.")
      // What follows says nothing more of a store that took what it should have refused.
      guard try store.progress() == [1] else { return }
      try store.commit([batch], clearingOutboxThrough: nil, progress: [2], replacing: [1])
      try store.fill([], progress: [3], replacing: [2])
      try store.stage(nil, through: 0, progress: [4], replacing: [3])
    }
    try session { store in
      guard try store.progress() != [9] else { return }
      expect(try store.progress() == [4], else: "A progress that replaces the one that is there is not kept.")
    }
  }

  func outboxOrder() throws {
    try session { store in
      try store.enqueue([[3], [1]], blobs: [])
      try store.enqueue([[2]], blobs: [])
    }
    try session { store in
      let all = try store.outbox(limit: .max)
      expect(all.map(\.bytes) == [[3], [1], [2]], else: "Records are missing or in another order.")
      expect(try store.outboxCount() == 3, else: "outboxCount() is not the number of records.")
      let places = all.map(\.sequence)
      expect(places.allSatisfy { $0 > 0 }, else: "A place is not above 0, after which an outbox begins.")
      expect(zip(places, places.dropFirst()).allSatisfy(<), else: "Places do not rise.")
      expect(try store.outbox(limit: 2) == Array(all.prefix(2)), else: "A limit does not return the oldest.")
      expect(
        try store.outbox(after: all.first?.sequence ?? 0, limit: 9) == Array(all.dropFirst()),
        else: "outbox(after:limit:) does not begin after the given place.")
      expect(try store.outbox(limit: 0) == [], else: "A limit of 0 returns records.")
    }
  }

  func outboxBytes() throws {
    let sizes = [3, 2, 1, 9, 1]
    try session { store in
      try store.enqueue(sizes.map { [UInt8](repeating: 7, count: $0) }, blobs: [])
    }
    try session { store in
      let places = try store.outbox(limit: 9).map(\.sequence)
      func counts(after index: Int?, _ most: Int) throws -> [Int] {
        // A store that lost a record has fewer.
        let place = index.flatMap { places.dropFirst($0).first } ?? 0
        return try store.outbox(after: place, limit: 4, maximumByteCount: most).map(\.bytes.count)
      }
      expect(try counts(after: nil, 5) == [3, 2], else: "A limit of bytes does not return all that fits.")
      expect(try counts(after: nil, 4) == [3], else: "A limit of bytes returns more than fits.")
      expect(
        try counts(after: 2, 8) == [9], else: "A record that is larger than the limit is not returned alone.")
      expect(
        try counts(after: nil, .max) == [3, 2, 1, 9], else: "A limit of bytes lifts the limit of records.")
    }
  }

  func outboxPlaces() throws {
    var last: Int64 = 0
    try session { store in
      try store.enqueue([[1], [2]], blobs: [])
      last = try store.outbox(limit: 9).last?.sequence ?? 0
      try store.commit([], clearingOutboxThrough: last, progress: [])
    }
    try session { store in
      try store.enqueue([[3]], blobs: [])
      let place = try store.outbox(limit: 9).first?.sequence ?? 0
      expect(place > last, else: "A new record has the place of one that is gone.")
    }
  }

  func resealing() throws {
    try session { store in
      try store.enqueue([[1], [2], [3]], blobs: [])
      let places = try store.outbox(limit: 9).map(\.sequence)
      try store.commit([], clearingOutboxThrough: places.first, progress: [])
      try store.reseal(zip(places, [[11], [12]]).map { OutboxRecord(sequence: $0, bytes: $1) })
    }
    try session { store in
      expect(
        try store.outbox(limit: 9).map(\.bytes) == [[12], [3]],
        else: "The outbox does not hold the new record in the old place, and nothing else.")
    }
  }

  func staging() throws {
    try session { try $0.stage([5, 5], through: 7, progress: [1]) }
    try session { store in
      let staged = try store.staged()
      expect(staged?.signedBatch == [5, 5], else: "The signed batch is not the one that was staged.")
      expect(staged?.through == 7, else: "The last place that the signed batch covers is another.")
      try store.commit([], clearingOutboxThrough: nil, progress: [2])
      expect(try store.staged() != nil, else: "A commit that clears nothing drops the staged batch.")
      try store.fill([], progress: [2])
      expect(try store.staged() != nil, else: "Filling drops the staged batch.")
      try store.stage([6], through: 8, progress: [3])
      expect(try store.staged()?.signedBatch == [6], else: "A staged batch is not replaced.")
      try store.stage(nil, through: 0, progress: [4])
    }
    try session { store in
      expect(try store.staged() == nil, else: "Staging nil leaves a staged batch.")
    }
  }

  func committing() throws {
    let next = StagedBatch(signedBatch: [6], through: 9)
    try session { store in
      try store.enqueue([[1], [2], [3]], blobs: [])
      let places = try store.outbox(limit: 9).map(\.sequence)
      try store.stage([5], through: places[1], progress: [1])
      try store.commit([], clearingOutboxThrough: places[1], staging: next, progress: [2])
    }
    try session { store in
      let rest = try store.outbox(limit: 9)
      expect(rest.map(\.bytes) == [[3]], else: "The outbox does not hold the records after the place.")
      expect(try store.outboxCount() == 1, else: "outboxCount() counts records that were cleared.")
      expect(try store.staged()?.signedBatch == [6], else: "The next signed batch is not staged.")
      expect(try store.staged()?.through == 9, else: "The next signed batch covers another place.")
      try store.commit([], clearingOutboxThrough: rest.last?.sequence, progress: [3])
      expect(try store.staged() == nil, else: "A batch stays staged whose records were cleared.")
      expect(try store.outbox(limit: 9) == [], else: "The last record was not cleared.")
    }
  }
}
