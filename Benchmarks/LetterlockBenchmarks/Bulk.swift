import Benchmark
import Foundation
import Letterlock

/// 100,000 messages of 200 bytes: one after another, and spread over the cores. The ratio is to one after another.
func registerBulk() {
  let coreCount = ProcessInfo.processInfo.activeProcessorCount
  Benchmark("seal 100,000 x 200 B, 1 core", configuration: .timed) { (benchmark, bulk: Bulk) in
    benchmark.note(try Batch(of: 1) { blackHole(try bulk.sealInOrder()) }, of: 1)
  } setup: {
    try Bulk()
  }
  Benchmark("seal 100,000 x 200 B, \(coreCount) cores", configuration: .timed) {
    (benchmark, bulk: Bulk) in
    try benchmark.compare(1) {
      blackHole(try bulk.conversation.seal(contentsOf: bulk.messages))
    } with: {
      blackHole(try bulk.sealInOrder())
    }
  } setup: {
    try Bulk()
  }
  Benchmark("open 100,000 x 200 B, 1 core", configuration: .timed) { (benchmark, bulk: Bulk) in
    benchmark.note(try Batch(of: 1) { blackHole(try bulk.openInOrder()) }, of: 1)
  } setup: {
    try Bulk()
  }
  Benchmark("open 100,000 x 200 B, \(coreCount) cores", configuration: .timed) {
    (benchmark, bulk: Bulk) in
    try benchmark.compare(1) {
      blackHole(bulk.archive.open(contentsOf: bulk.records))
    } with: {
      blackHole(try bulk.openInOrder())
    }
  } setup: {
    try Bulk()
  }
}

/// Many messages of one conversation, and their records.
private struct Bulk {
  let archive: Archive
  let conversation: Conversation
  let messages: [Message]
  let records: [SealedRecord]

  init() throws {
    let sample = try Sample(textByteCount: 200)
    archive = sample.archive
    let conversation = sample.conversation
    self.conversation = conversation
    messages = (0..<100_000).map { number in
      .carrier(.sms, from: Address("+15550100"), text: Sample.text(200, number: number))
    }
    records = try messages.map { try conversation.seal($0) }
  }

  func sealInOrder() throws -> [SealedRecord] {
    try messages.map { try conversation.seal($0) }
  }

  /// Each record's outcome, as `open(contentsOf:)` gives it.
  func openInOrder() throws -> [Result<Message, ArchiveError>] {
    try records.map { .success(try archive.open($0)) }
  }
}
