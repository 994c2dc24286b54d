#if SQLite
import Foundation
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite
import Synchronization

/// The life of an account without an end: messages, epochs, keys, devices that join and leave, messages that are
/// erased. Each thing is said before it is begun and when it is acknowledged. A test kills it.
struct Life {
  private let folder: String
  private let device: Device
  private let relay: SQLiteRelay
  private let chat: ConversationID

  init(folder: String) throws {
    self.folder = folder
    relay = try SQLiteRelay(
      existing: folder + "/relay.sqlite", policy: RelayPolicy(entryInterval: .zero))
    device = try Device(
      vault: FileKeyVault(path: folder + "/keys", passphrase: nil),
      store: SQLiteDeviceStore(existing: folder + "/store.sqlite"), relay: relay)
    chat = ConversationID.probe
  }

  func go() async throws {
    try await device.sync()
    var step = Int.random(in: 0..<6)
    while true {
      switch step % 6 {
      case 0: try await write()
      case 1: try await epoch { try await device.beginEpoch() }
      case 2: try await join()
      case 3: try await epoch { try await device.rotateKeys() }
      case 4: try await erase()
      default: try await remove()
      }
      step += 1
    }
  }

  /// The numbers of the messages that are there.
  private func numbers() throws -> [Int] {
    try device.timeline().messages.compactMap { Int($0.text.dropFirst(8)) }.sorted()
  }

  private func write() async throws {
    var next = (try numbers().last ?? -1) + 1
    for _ in 0..<3 {
      try device.append(.carrier(.sms, from: "+15550100", text: "message \(next)"), to: chat)
      next += 1
      say("kept \(next)")
    }
    try await device.sync()
    say("sent \(next)")
  }

  private func epoch(_ begin: () async throws -> Void) async throws {
    try await begin()
    say("epochs \(device.log.epochs.count)")
  }

  private func join() async throws {
    let place = folder + "/device-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    let request = try await Device.requestToJoin(
      named: "Another", vault: FileKeyVault(path: place + "/keys", passphrase: nil),
      store: SQLiteDeviceStore(path: place + "/store.sqlite"), relay: relay)
    say("joined \(try await device.approve(request.code))")
    let other = try await request.approved()
    try await other.sync()
    try await device.sync()
    say("came \(place)")
  }

  private func remove() async throws {
    let log = device.log
    guard let other = log.activeDevices.first(where: { $0 != device.id && $0 != log.recoveryDevice }) else {
      return
    }
    try await device.remove(other)
    say("removed \(other)")
  }

  /// The oldest message goes.
  private func erase() async throws {
    let messages = try device.timeline().messages
    let oldest = messages.min { Int($0.text.dropFirst(8)) ?? 0 < Int($1.text.dropFirst(8)) ?? 0 }
    guard messages.count > 3, let oldest, let number = Int(oldest.text.dropFirst(8)) else { return }
    say("erasing \(number)")
    try device.delete([oldest.id], in: chat)
    _ = try await device.eraseDeleted(before: .now)
    say("erased \(number)")
  }
}

/// A clock that can be set forward by three days.
private final class LateClock: Sendable {
  private let ahead = Mutex<Int64>(0)
  var now: Timestamp {
    Timestamp(nanosecondsSince1970: Timestamp.now.nanosecondsSince1970 &+ ahead.withLock { $0 })
  }
  func advance() { ahead.withLock { $0 = 73 * 3_600_000_000_000 } }
}

/// Has everything erased at the relay, and says so.
func eraseEverything(in folder: String) async throws {
  let clock = LateClock()
  let relay = try SQLiteRelay(existing: folder + "/relay.sqlite") { clock.now }
  let device = try Device(
    vault: FileKeyVault(path: folder + "/keys", passphrase: nil),
    store: SQLiteDeviceStore(existing: folder + "/store.sqlite"), relay: relay)
  let prepared = try await device.prepareErasure()
  try await prepared.confirm(prepared.code)
  clock.advance()
  say("ready 0")
  try await prepared.confirm(prepared.code)
  say("gone 0")
  while true { try await Task.sleep(for: .seconds(1)) }
}

extension ConversationID {
  /// The probe's one conversation.
  static let probe = (try? ConversationID(bytes: Array("the probe's chat".utf8))) ?? ConversationID()
}
#endif
