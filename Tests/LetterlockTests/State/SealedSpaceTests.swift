import CryptoCore
import Testing

@testable import Letterlock

@Suite("SPEC.md section 8.5: the sealed key space")
struct SealedSpaceTests {
  private let store = MemoryDeviceStore()
  private let account: AccountID
  private let space: SealedSpace

  init() throws {
    account = AccountID(unchecked: SecureRandom.bytes(32))
    space = try SealedSpace(store, signingSeed: SecretKey(random: 32), account: account)
  }

  private func put(_ key: [UInt8], _ value: [UInt8]) -> StoreChange {
    .put(StoreEntry(key: key, value: value))
  }

  @Test func `a value comes back as it was, and its store sees only a ciphertext`() throws {
    let value = Array("Settings of a person".utf8)
    try space.apply([put([1], value), put([2], [])])
    #expect(try space.value(at: [1]) == value)
    #expect(try space.value(at: [2]) == [])
    #expect(try space.value(at: [3]) == nil)
    let sealed = try #require(try store.value(at: [1]))
    #expect(sealed.count == 4 + 24 + value.count + 16)
    #expect(try store.value(at: [2])?.count == 4 + 24 + 16)
  }

  @Test func `the same value sealed twice shares nothing but the tag of its key`() throws {
    let changes = try space.sealed([put([1], [5]), put([1], [5])])
    guard case .put(let first) = changes[0], case .put(let second) = changes[1] else {
      Issue.record("a value was not sealed as a value")
      return
    }
    #expect(first.value.prefix(4) == second.value.prefix(4))
    #expect(first.value[4..<28] != second.value[4..<28])
    #expect(first.value.suffix(17) != second.value.suffix(17))
  }

  @Test func `a value under another key does not open`() throws {
    try space.apply([put([16, 1], [5]), put([16, 2], [6])])
    let moved = try #require(try store.value(at: [16, 1]))
    try store.apply([put([16, 2], moved)])
    #expect(try space.value(at: [16, 1]) == [5])
    #expect(throws: SealedSpaceError.damaged) { try space.value(at: [16, 2]) }
    #expect(throws: SealedSpaceError.damaged) { try space.entries(in: .init(prefix: [16]), limit: 9) }
    #expect(try space.unreadableKeys() == [[16, 2]])
  }

  @Test func `a value that was changed is damaged, and a value of another device is foreign`() throws {
    try space.apply([put([1], [5])])
    let sealed = try #require(try store.value(at: [1]))
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 1
      try store.apply([put([1], changed)])
      #expect(throws: index < 4 ? SealedSpaceError.foreign : .damaged) { try space.value(at: [1]) }
    }
    for length in sealed.indices {
      try store.apply([put([1], Array(sealed.prefix(length)))])
      #expect(throws: SealedSpaceError.self) { try space.value(at: [1]) }
    }
    let other = try SealedSpace(store, signingSeed: SecretKey(random: 32), account: account)
    try other.apply([put([1], [5])])
    #expect(throws: SealedSpaceError.foreign) { try space.value(at: [1]) }
    #expect(try space.unreadableKeys() == [[1]])
    #expect(try other.unreadableKeys() == [])
  }

  @Test func `values that do not open are found in a space of any size`() throws {
    try space.apply((0..<600).map { put([16, UInt8($0 / 256), UInt8($0 % 256)], [1]) })
    try store.apply([put([16, 1, 0], [9]), put([16, 2, 87], [])])
    #expect(try space.unreadableKeys() == [[16, 1, 0], [16, 2, 87]])
  }

  @Test func `removals are passed on as they are`() throws {
    try space.apply([put([16, 1], [5]), put([16, 2], [6]), put([17], [7])])
    try space.apply([.removeAll(EntryRange(prefix: [16])), .remove(key: [17]), put([16, 3], [8])])
    #expect(try space.entries(in: .all, limit: 9) == [StoreEntry(key: [16, 3], value: [8])])
  }

  @Test(
    arguments: [
      ([], nil), ([5], [6]), ([5, 255], [6]), ([255], nil), ([255, 255], nil), ([1, 0, 255, 255], [1, 1]),
    ] as [([UInt8], [UInt8]?)])
  func `the range of a prefix ends before the next key`(prefix: [UInt8], end: [UInt8]?) {
    let range = EntryRange(prefix: prefix)
    #expect(range == EntryRange(from: prefix, to: end))
    #expect(range.contains(prefix))
    #expect(range.contains(prefix + [255, 255]))
    if let end { #expect(!range.contains(end)) }
  }
}
