internal import Letterlock

/// The key space.
extension StoreCheck {
  private func keys(_ store: any DeviceStore, _ range: EntryRange) throws -> [[UInt8]] {
    try store.entries(in: range, limit: .max).map(\.key)
  }

  func values() throws {
    try session { store in
      try store.apply([.put([1], [10]), .put([1, 2], [20]), .put([3], [30]), .put([], [40]), .put([5], [])])
      try store.apply([.put([1], [11]), .remove(key: [3]), .remove(key: [4])])
      try store.apply([])
    }
    try session { store in
      expect(try store.value(at: [1]) == [11], else: "A value that was replaced comes back.")
      expect(try store.value(at: [1, 2]) == [20], else: "A change of one key changes a longer one.")
      expect(try store.value(at: [3]) == nil, else: "A value that was removed comes back.")
      expect(try store.value(at: [4]) == nil, else: "Removing a key that is not there makes one.")
      expect(try store.value(at: []) == [40], else: "The empty key does not keep its value.")
      expect(try store.value(at: [5]) == [], else: "An empty value does not come back as empty.")
      expect(try store.value(at: [2]) == nil, else: "A key that was never put has a value.")
      try store.apply([.put([1], [11]), .remove(key: [3])])
      expect(
        try store.entries(in: .all, limit: 9)
          == [([], [40]), ([1], [11]), ([1, 2], [20]), ([5], [])].map(StoreEntry.init),
        else: "The same changes once more do not leave the key space as it was.")
    }
  }

  func keyOrder() throws {
    let sorted: [[UInt8]] = [
      [0], [0, 0], [0, 1], [0, 255], [1], [1, 0, 0], [1, 1], [49], [65], [97], [127, 255], [128], [128, 0],
      [200, 1, 2, 3], [255], [255, 0], [255, 255],
    ]
    try session { store in
      for (number, key) in sorted.enumerated().reversed() where number.isMultiple(of: 2) {
        try store.apply([.put(key, key)])
      }
      try store.apply(sorted.enumerated().filter { !$0.0.isMultiple(of: 2) }.map { .put($0.1, $0.1) })
    }
    try session { store in
      expect(try keys(store, .all) == sorted, else: "Keys come back in another order, or not all of them.")
      expect(
        try store.entries(in: .all, limit: .max).allSatisfy { $0.key == $0.value },
        else: "A value comes back with another's key.")
    }
  }

  func ranges() throws {
    let all: [[UInt8]] = [[], [1], [1, 0], [1, 255], [1, 255, 255], [2], [2, 0], [255], [255, 255]]
    let ranges = [
      EntryRange.all, .init(prefix: [1]), .init(prefix: [1, 255]), .init(prefix: [255]), .init(prefix: [9]),
      .init(from: [1], to: [1, 255]), .init(from: [1, 0], to: [2]), .init(from: [], to: [1]),
      .init(from: [1, 1], to: [1, 2]), .init(from: [2, 0]), .init(from: [2], to: [2]),
      .init(from: [], to: []),
      .init(from: [2], to: [1]), .init(from: [255, 255, 255]),
    ]
    try session { try $0.apply(all.map { .put($0, [7]) }) }
    try session { store in
      for range in ranges {
        expect(
          try keys(store, range) == all.filter(range.contains),
          else: "The range from \(range.lowerBound) to \(range.upperBound ?? []) returns other keys.")
      }
    }
  }

  func rangeLimits() throws {
    try session { try $0.apply((0..<9).map { .put([1, $0], [$0]) } + [.put([0], []), .put([2], [])]) }
    try session { store in
      let range = EntryRange(prefix: [1])
      func values(_ order: EntryOrder, _ limit: Int) throws -> [[UInt8]] {
        try store.entries(in: range, order: order, limit: limit).map(\.value)
      }
      expect(try values(.ascending, 3) == [[0], [1], [2]], else: "Ascending, a limit returns other entries.")
      expect(
        try values(.descending, 3) == [[8], [7], [6]], else: "Descending, a limit returns other entries.")
      expect(
        try values(.descending, .max) == (0..<9).reversed().map { [$0] },
        else: "Descending, the whole range is not returned.")
      expect(try values(.ascending, 0) == [], else: "A limit of 0 returns entries.")
      expect(try values(.ascending, -1) == [], else: "A limit below 0 returns entries.")
    }
  }

  func changeOrder() throws {
    try session { store in
      try store.apply([
        .put([1], [1]), .remove(key: [1]), .put([1], [2]), .put([2], [1]), .put([2], [2]), .put([3], [1]),
        .remove(key: [3]), .put([4, 1], [1]), .removeAll(.init(prefix: [4])), .put([4, 2], [2]),
      ])
    }
    try session { store in
      expect(
        try store.entries(in: .all, limit: 9)
          == [([1], [2]), ([2], [2]), ([4, 2], [2])].map(StoreEntry.init),
        else: "What is there is not what the changes leave, one after the other.")
    }
  }

  func rangeRemoval() throws {
    let all: [[UInt8]] = [[], [1], [1, 0], [1, 255], [2], [2, 0], [3], [255]]
    let ranges = [
      EntryRange.all, .init(prefix: [1]), .init(from: [1, 0], to: [2, 0]), .init(from: [3]),
      .init(prefix: [7]),
      .init(from: [3], to: [1]),
    ]
    for range in ranges {
      try session { store in
        try store.apply(all.map { .put($0, [7]) })
        try store.apply([.removeAll(range)])
      }
      try session { store in
        expect(
          try keys(store, .all) == all.filter { !range.contains($0) },
          else: "Removing from \(range.lowerBound) to \(range.upperBound ?? []) leaves other keys.")
      }
    }
  }

  func requirements() throws {
    try session { try $0.apply([.put([1], [1]), .put([2], [])]) }
    let unmet: [StoreChange] = [
      .require(key: [1], value: nil), .require(key: [1], value: []), .require(key: [1], value: [1, 0]),
      .require(key: [2], value: nil), .require(key: [3], value: []), .require(key: [], value: [1]),
    ]
    for requirement in unmet {
      try session { store in
        let changes: [StoreChange] = [.put([9], [9]), .put([0], []), requirement, .removeAll(.all)]
        expectConflict(over: "a value", in: "apply") { try store.apply(changes) }
        expectConflict(over: "a value", in: "enqueue") {
          try store.enqueue([[1]], blobs: [], changes: changes)
        }
        expectConflict(over: "a value", in: "stage") {
          try store.stage([5], through: 1, progress: [1], changes: changes)
        }
        expectConflict(over: "a value", in: "commit") {
          try store.commit([], clearingOutboxThrough: nil, staging: nil, progress: [1], changes: changes)
        }
        expectConflict(over: "a value", in: "fill") { try store.fill([], progress: [1], changes: changes) }
      }
    }
    try session { store in
      expect(
        try store.entries(in: .all, limit: 9) == [([1], [1]), ([2], [])].map(StoreEntry.init),
        else: "A call that is refused for a value changes the key space.")
      expect(try store.outboxCount() == 0, else: "A call that is refused for a value adds to the outbox.")
      expect(try store.progress() == nil, else: "A call that is refused for a value keeps a progress.")
      guard try store.value(at: [1]) == [1] else { return }
      try store.apply([
        .require(key: [1], value: [1]), .require(key: [2], value: []), .require(key: [3], value: nil),
        .put([1], [2]), .require(key: [1], value: [2]), .remove(key: [2]), .require(key: [2], value: nil),
      ])
    }
    try session { store in
      expect(
        try store.entries(in: .all, limit: 9) == [([1], [2])].map(StoreEntry.init),
        else: "Changes whose requirements are met, each after the changes before it, are not kept.")
    }
  }

  func accompanyingChanges() throws {
    var signer = try SampleSigner()
    let batch = try signer.batch([[10]])
    func check(_ call: String, _ number: UInt8, _ body: (any DeviceStore, [StoreChange]) throws -> Void)
      throws
    {
      try session { store in
        try store.apply([.put([1], [1])])
        try body(store, [.put([2, number], [number]), .remove(key: [1])])
      }
      try session { store in
        expect(try store.value(at: [2, number]) == [number], else: "\(call) does not keep its changes.")
        expect(try store.value(at: [1]) == nil, else: "\(call) does not apply a removal.")
      }
    }
    try check("enqueue", 1) { try $0.enqueue([[1]], blobs: [], changes: $1) }
    try check("stage", 2) { try $0.stage([5], through: 1, progress: [1], changes: $1) }
    try check("commit", 3) {
      try $0.commit([batch], clearingOutboxThrough: nil, staging: nil, progress: [2], changes: $1)
    }
    try check("fill", 4) { try $0.fill([(leaf: 0, bytes: [10])], progress: [3], changes: $1) }
  }

  func largeSpace() throws {
    let large = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 7 / 3) }
    let count = 3_000
    func key(_ number: Int) -> [UInt8] { [2, UInt8(number / 256), UInt8(number % 256)] }
    try session { store in
      try store.apply([.put([1], large)])
      // In no order of their keys: 7 and 3,000 share no factor.
      try store.apply((0..<count).map { .put(key($0 * 7 % count), key($0 * 7 % count)) })
    }
    try session { store in
      expect(try store.value(at: [1]) == large, else: "A value of 1 MiB does not come back as it was.")
      expect(
        try store.entries(in: .init(prefix: [2]), limit: .max)
          == (0..<count).map { StoreEntry(key: key($0), value: key($0)) },
        else: "3,000 entries do not come back in the order of their keys.")
    }
  }

  func purging() throws {
    let marks = (0..<3).map { number in (0..<64).map { UInt8(truncatingIfNeeded: $0 * 37 + number * 101) } }
    try session { store in
      try store.apply([.put([1], marks[0]), .put([2], marks[1]), .put([3], marks[2]), .put([4], [4])])
      try store.enqueue([[1]], blobs: [])
      try store.apply([.remove(key: [1]), .put([2], [2]), .removeAll(.init(prefix: [3]))])
      try store.purge()
      for file in try place.storedBytes?() ?? [] {
        expect(
          !marks.contains { Self.isPart($0, of: file) }, else: "A file still holds a value that was removed.")
      }
    }
    try session { store in
      expect(
        try store.entries(in: .all, limit: 9) == [([2], [2]), ([4], [4])].map(StoreEntry.init),
        else: "What was not removed is not what it was.")
      expect(try store.outboxCount() == 1, else: "The outbox is not what it was.")
    }
  }

  private static func isPart(_ part: [UInt8], of bytes: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0] == part[0] && bytes[$0...].starts(with: part) }
  }
}
