@testable import Letterlock
@testable import LetterlockFormat

/// A public operation that changes something, what it needs before, and how it may be refused.
struct ConcurrentOperation: Sendable {
  /// An operation that is about to run.
  struct Prepared: Sendable {
    let run: @Sendable () async throws -> Void
    /// Whether what it is to do is done, once all have run.
    var holds: @Sendable () async throws -> Bool = { true }
  }

  let name: String
  /// The errors that its documentation names, and that what runs beside it may bring about.
  private let isRefusal: @Sendable (DeviceError) -> Bool
  let prepare: @Sendable (ConcurrentScene) async throws -> Prepared

  init(
    _ name: String, isRefusal: @escaping @Sendable (DeviceError) -> Bool = { _ in false },
    preparing prepare: @escaping @Sendable (ConcurrentScene) async throws -> Prepared
  ) {
    (self.name, self.isRefusal, self.prepare) = (name, isRefusal, prepare)
  }

  /// One that needs nothing before.
  init(
    _ name: String, isRefusal: @escaping @Sendable (DeviceError) -> Bool = { _ in false },
    _ body: @escaping @Sendable (Device, ConversationID) async throws -> Void
  ) {
    self.init(name, isRefusal: isRefusal) { scene in
      Prepared(run: { try await body(scene.house.phone, scene.house.chat) })
    }
  }

  /// Whether a caller is told to expect an error: each that asks the relay finds that the person stopped synchronising,
  /// and each that reads a file that it is gone again.
  func mayThrow(_ error: any Error) -> Bool {
    guard let error = error as? DeviceError else { return false }
    switch error {
    case .heldBack(.stopped), .attachmentUnreadable: return true
    default: return isRefusal(error)
    }
  }

  /// What devices do every day.
  static let everyday: [ConcurrentOperation] = [
    ConcurrentOperation("append") { device, chat in try device.append(Household.text("one more"), to: chat) },
    ConcurrentOperation("append a file") { device, chat in
      let file = AttachmentSource(mediaType: "a/b", content: .bytes([UInt8](repeating: 1, count: 5_000)))
      try device.append(.note("with a file"), attaching: [file], to: chat)
    },
    ConcurrentOperation("sync") { device, _ in _ = try await device.sync(ignoringConditions: true) },
    ConcurrentOperation("rotate") { device, _ in try await device.rotateKeys() },
    ConcurrentOperation("epoch") { device, _ in try await device.beginEpoch() },
    ConcurrentOperation("confirm") { device, _ in try device.confirmRecoveryKey() },
    ConcurrentOperation("prepare") { device, _ in _ = try device.prepareRecoveryKey() },
    ConcurrentOperation("delete") { device, chat in try device.delete(in: chat) },
    ConcurrentOperation("recover") { device, chat in try device.recover(in: chat) },
    ConcurrentOperation("rename") { device, _ in try device.rename("Study") },
    ConcurrentOperation("update") { device, _ in try device.update(SyncSettings()) },
    ConcurrentOperation("stop") { device, _ in try device.stopSyncing() },
    ConcurrentOperation("start") { device, _ in try device.startSyncing() },
    ConcurrentOperation("evict") { device, _ in _ = try await device.evictOriginals() },
    ConcurrentOperation("collect") { device, _ in _ = try await device.collectUnreferencedAttachments() },
    ConcurrentOperation("download") { device, _ in _ = try await device.downloadAll() },
    ConcurrentOperation("erase expired") { device, _ in _ = try await device.eraseExpired(after: 30) },
    ConcurrentOperation("newest") { device, chat in _ = try await device.newestMessages(in: chat) },
  ]
}
