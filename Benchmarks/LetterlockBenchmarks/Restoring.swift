import Benchmark
import Foundation
import Letterlock
import LetterlockSQLite

/// A new device opens 100,000 records from a relay's rows: reads them, checks every signed batch and checkpoint, hashes
/// every leaf, opens every message. Measured in processor time, so that the rate is of one core. The ratio is to
/// libsodium alone decrypting as many bytes.
func registerRestoring() {
  Benchmark("restore 100,000 x 200 B, per core", configuration: .long) {
    (benchmark, restoring: Restoring) async throws in
    let batch = try await Batch(processorTime: { try await restoring.restore() })
    benchmark.note(batch, of: 1, against: try restoring.decryptAlone())
  } setup: {
    try await Restoring()
  }
}

private final class Restoring {
  private static let recordCount = 100_000
  private let folder: ScratchFolder
  private let device: Device
  private let recoveryKey: String
  private let paddedByteCount: Int

  init() async throws {
    folder = try ScratchFolder()
    let relay = try SQLiteRelay(path: folder.path("relay.sqlite"))
    let store = try SQLiteDeviceStore(path: folder.path("store.sqlite"))
    let created = try await Device.createAccount(named: "Phone", vault: .inMemory, store: store, relay: relay)
    device = created.device
    var words = ""
    let key = created.recoveryKey
    key.reveal { words = $0 }
    recoveryKey = words
    paddedByteCount = try Sample(textByteCount: 200).paddedByteCount
    for start in stride(from: 0, to: Self.recordCount, by: 1000) {
      try device.enqueue(
        (start..<start + 1000).map { number in
          var message = Message.carrier(
            .sms, from: Address("+15550100"), text: Sample.text(200, number: number))
          message.conversation = Self.chat
          return .message(message)
        })
      try await device.sync()
    }
  }

  private static let chat = ConversationID()

  func restore() async throws {
    guard case .exact(let key) = try RecoveryKey.parse(recoveryKey) else { throw Failure.refused }
    let report = try await device.verifyRestore(with: key)
    guard report.isComplete, report.opened >= Self.recordCount else { throw Failure.wrongContent }
  }

  func decryptAlone() throws -> Batch {
    let bare = BareCipher()
    var nonce = [UInt8](repeating: 0, count: 24)
    let ciphertext = bare.encrypt([UInt8](repeating: 0x61, count: paddedByteCount), nonce: &nonce)
    return try Batch(of: Self.recordCount) { blackHole(try bare.decrypt(ciphertext, nonce: nonce)) }
  }
}

/// A folder that goes when it is not needed any more.
final class ScratchFolder {
  private let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "letterlock-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
