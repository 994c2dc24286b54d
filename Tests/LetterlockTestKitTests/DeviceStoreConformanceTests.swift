import Letterlock
import LetterlockTestKit
import Testing

@Suite("The conformance suite for a device's store")
struct DeviceStoreConformanceTests {
  @Test(arguments: DeviceStoreConformance.Rule.allCases)
  func `the store in memory keeps every rule`(rule: DeviceStoreConformance.Rule) {
    let suite = DeviceStoreConformance {
      let store = MemoryDeviceStore()
      return .init { store }
    }
    #expect(suite.run(rule) == [])
  }

  private func planted(_ fault: PlantedFault?) -> DeviceStoreConformance {
    DeviceStoreConformance {
      let store = PlantedDeviceStore(fault)
      return .init(storedBytes: { store.storedBytes }, open: { store })
    }
  }

  @Test func `a store without a fault has no finding`() { #expect(planted(nil).run() == []) }

  @Test(arguments: PlantedFault.allCases)
  func `a fault is found by its rule`(fault: PlantedFault) {
    let findings = planted(fault).run(fault.rule)
    #expect(!findings.isEmpty)
    #expect(findings.allSatisfy { $0.rule == fault.rule.rawValue && $0.sentence.hasSuffix(".") })
  }

  @Test func `every rule has a fault that it finds`() {
    #expect(Set(PlantedFault.allCases.map(\.rule)) == Set(DeviceStoreConformance.Rule.allCases))
  }

  @Test(arguments: DeviceStoreConformance.Rule.allCases.filter { $0 != .newStore })
  func `a store that forgets everything when it is opened again is found by every rule`(
    rule: DeviceStoreConformance.Rule
  ) {
    let suite = DeviceStoreConformance { .init { MemoryDeviceStore() } }
    #expect(!suite.run(rule).isEmpty)
  }

  @Test func `a call that throws is a finding, and so is a place that cannot be made`() {
    let failing = DeviceStoreConformance {
      let store = FailingDeviceStore(MemoryDeviceStore())
      store.fail(PlannedFailure(.from(1), .beforeEffect))
      return .init { store }
    }
    #expect(failing.run().count == DeviceStoreConformance.Rule.allCases.count)
    let nowhere = DeviceStoreConformance { () throws(StoreError) in throw .unavailable("There is no disk.") }
    #expect(
      nowhere.run(.values).map(\.sentence) == ["No place can be made: unavailable(\"There is no disk.\")"])
  }
}

@Suite("A device's store that fails on command")
struct FailingDeviceStoreTests {
  private let memory = MemoryDeviceStore()
  private let store: FailingDeviceStore

  init() { store = FailingDeviceStore(memory, error: .unavailable("The disk is full.")) }

  @Test func `it keeps every rule as long as it is not told to fail`() {
    let suite = DeviceStoreConformance {
      let store = FailingDeviceStore(MemoryDeviceStore())
      return .init { store }
    }
    #expect(suite.run() == [])
  }

  @Test func `the call that was named fails, and no other`() throws {
    store.fail(PlannedFailure(.call(2), .beforeEffect))
    try store.enqueue([[1]], blobs: [])
    #expect(throws: StoreError.unavailable("The disk is full.")) { try store.enqueue([[2]], blobs: []) }
    try store.enqueue([[3]], blobs: [])
    #expect(store.callCount == 3)
    #expect(store.failureCount == 1)
    #expect(try memory.outbox(limit: 9).map(\.bytes) == [[1], [3]])
  }

  @Test func `a call that fails after its effect has had it`() throws {
    store.fail(PlannedFailure(.call(1), .afterEffect))
    #expect(throws: StoreError.self) { try store.enqueue([[1]], blobs: []) }
    #expect(try memory.outboxCount() == 1)
  }

  @Test func `every call from one on fails until it is told to stop`() throws {
    store.fail(PlannedFailure(.from(2), .beforeEffect))
    _ = try store.outboxCount()
    for _ in 0..<3 { #expect(throws: StoreError.self) { try store.outboxCount() } }
    store.stopFailing()
    #expect(try store.outboxCount() == 0)
    #expect(store.failureCount == 3)
  }

  @Test func `calls that only read are not counted where changes are`() throws {
    store.fail(PlannedFailure(.call(2), .beforeEffect, counting: .changes))
    try store.apply([])
    _ = try store.entries(in: .all, limit: 1)
    _ = try store.readBlob(BlobID(), at: 0, byteCount: 0)
    #expect(throws: StoreError.self) { try store.removeBlobs([]) }
    #expect(store.callCount == 2)
  }
}
