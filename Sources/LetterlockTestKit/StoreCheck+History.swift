internal import Letterlock

/// Batches and their records.
extension StoreCheck {
  /// Three batches, which begin at the leaf indices 0, 2 and 5.
  private func threeBatches() throws -> [HistoryBatch] {
    var signer = try SampleSigner()
    return [
      try signer.batch([[10], [11]]), try signer.batch([[12], [13], [14]]), try signer.batch([[15]]),
    ]
  }

  func batchOrder() throws {
    let batches = try threeBatches()
    try session { store in
      try store.commit(Array(batches[..<2]), clearingOutboxThrough: nil, progress: [])
      try store.commit([batches[2]], clearingOutboxThrough: nil, progress: [])
    }
    try session { store in
      let (first, last) = (Array(batches[..<2]), Array(batches[1...]))
      expect(
        try store.batches(from: 0, limit: .max) == batches, else: "Not every batch comes back as it was.")
      expect(
        try store.batches(from: 0, limit: 2) == first, else: "A limit does not return the first batches.")
      expect(
        try store.batches(from: 1, limit: 9) == last, else: "batches(from:) returns one that begins before.")
      expect(try store.batches(from: 6, limit: 9) == [], else: "batches(from:) returns one beyond the end.")
      expect(
        try store.batches(before: 5, limit: 9) == first,
        else: "batches(before:) does not return those that begin before, in order.")
      expect(
        try store.batches(before: .max, limit: 2) == last,
        else: "batches(before:) with a limit does not return the last ones, in order.")
      expect(try store.batches(before: 0, limit: 9) == [], else: "batches(before: 0) returns batches.")
    }
  }

  func missingRecords() throws {
    let batch = try threeBatches()[0].replacing([nil, [11]])
    try session { try $0.commit([batch], clearingOutboxThrough: nil, progress: []) }
    try session { store in
      expect(try store.batches(from: 0, limit: 1) == [batch], else: "The batch does not come back as it was.")
      expect(try store.records(at: [0, 1]) == [nil, [11]], else: "records(at:) returns other records.")
    }
  }

  func erasing() throws {
    var signer = try SampleSigner()
    let first = try signer.batch([[10], [11], [12]])
    let second = try signer.batch([[13]], erasing: [0])
    let third = try signer.batch([[14]], erasing: [2, 3])
    try session { store in
      try store.commit([first], clearingOutboxThrough: nil, progress: [])
      try store.commit([second, third], clearingOutboxThrough: nil, progress: [])
    }
    try session { store in
      expect(
        try store.records(at: [0, 2, 3]) == [nil, nil, nil],
        else: "A record that a batch of the commit erases is still there.")
      expect(try store.records(at: [1, 4]) == [[11], [14]], else: "A record that nobody erased is gone.")
      let batches = try store.batches(from: 0, limit: 9)
      expect(batches.map(\.erasures) == [[], [0], [2, 3]], else: "Batches come back with other erasures.")
      expect(batches.first?.leafHashes == first.leafHashes, else: "The hash of an erased record is gone.")
    }
    try session { store in
      try store.enqueue([[1]], blobs: [])
      try store.clearHistory(progress: [7], replacing: try store.progress())
    }
    try session { store in
      expect(try store.batches(from: 0, limit: 9) == [], else: "A history that was cleared is still there.")
      expect(
        try store.records(at: [1]) == [nil], else: "A record of a history that was cleared is still there.")
      expect(try store.progress() == [7], else: "The progress of a cleared history is not kept.")
      expect(try store.outboxCount() == 1, else: "Clearing the history empties the outbox.")
      try store.commit([first], clearingOutboxThrough: nil, progress: [8])
      expect(try store.records(at: [1]) == [[11]], else: "A history cannot begin anew after it was cleared.")
    }
  }

  func filling() throws {
    let batches = try threeBatches()
    let holed = [batches[0].replacing([nil, [11]]), batches[1].replacing([nil, nil, nil])]
    try session { store in
      try store.commit(holed, clearingOutboxThrough: nil, progress: [1])
      try store.fill([(leaf: 0, bytes: [10]), (leaf: 3, bytes: [13]), (leaf: 99, bytes: [9])], progress: [2])
    }
    try session { store in
      expect(
        try store.batches(from: 0, limit: 9) == [batches[0], batches[1].replacing([nil, [13], nil])],
        else: "The batches do not hold the new records in their places, and nothing else.")
      expect(try store.records(at: [99]) == [nil], else: "There is a record beyond the history's end.")
      expect(try store.progress() == [2], else: "The progress that counts the records is not kept.")
    }
  }

  func recordsByLeaf() throws {
    let batches = try threeBatches()
    try session { try $0.commit(batches, clearingOutboxThrough: nil, progress: []) }
    try session { store in
      expect(
        try store.records(at: [5, 0, 2, 5, 1]) == [[15], [10], [12], [15], [11]],
        else: "Records come back in another order, or not as often as they were asked for.")
      expect(
        try store.records(at: [6, 4, .max]) == [nil, [14], nil],
        else: "A leaf index beyond the end does not stand as nil in its place.")
      expect(try store.records(at: []) == [], else: "No leaf index returns records.")
    }
  }

  func refusedCommit() throws {
    let batches = try threeBatches()
    try session { store in
      try store.enqueue([[1], [2]], blobs: [])
      let place = try store.outbox(limit: 1).first?.sequence ?? 0
      try store.stage([5], through: place, progress: [1], changes: [.put([1], [1])])
      try store.commit([batches[0]], clearingOutboxThrough: nil, progress: [2])
      expectFailure(else: "A batch is taken that is there already.") {
        try store.commit(
          [batches[1], batches[0]], clearingOutboxThrough: place,
          staging: StagedBatch(signedBatch: [6], through: 9), progress: [3], changes: [.put([1], [2])])
      }
    }
    try session { store in
      expect(try store.progress() == [2], else: "A refused commit changes progress.")
      expect(try store.outboxCount() == 2, else: "A refused commit clears the outbox.")
      expect(try store.staged()?.signedBatch == [5], else: "A refused commit changes what is staged.")
      expect(try store.value(at: [1]) == [1], else: "A refused commit changes the key space.")
      expect(try store.batches(from: 0, limit: 9) == [batches[0]], else: "A refused commit leaves batches.")
    }
  }
}
