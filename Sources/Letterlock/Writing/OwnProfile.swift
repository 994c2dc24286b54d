internal import TLSCodec

/// What a device says about itself to the others: its name, and that it was here.
struct OwnProfile: Sendable {
  let state: AccountState
  let outbox: Outbox
  let history: HistoryReader
  let journal: Journal
  let clock: DeviceClock

  /// Names the device, whatever it was to be called before.
  func enqueue(named name: String) throws(DeviceError) {
    try write(name)
    try forgetUnannounced()
  }

  /// Tells the others the name that the device was made with, unless that was done. The vault keeps the name until the
  /// store has the record, so that a process that ends in between loses no name.
  func announceName() throws(DeviceError) {
    guard let name = state.read({ $0.unannouncedName }) else { return }
    // A process that ended in between has done one part or the other.
    let isNoted = try journal.read().name.bytes == Array(name.utf8)
    let isDone = isNoted ? true : try isWaiting(name)
    if !isDone { try write(name) }
    try forgetUnannounced()
  }

  /// Whether the record that tells a name is in the outbox.
  private func isWaiting(_ name: String) throws(DeviceError) -> Bool {
    var sequence: Int64 = 0
    while true {
      let waiting = try history.waiting(after: sequence)
      guard let last = waiting.last?.position.sequence else { return false }
      sequence = last
      for entry in history.opened(waiting) {
        if case .success(.device(let profile)) = entry.entry, profile.name == name { return true }
      }
    }
  }

  private func forgetUnannounced() throws(DeviceError) {
    guard state.read({ $0.unannouncedName != nil || $0.joinCode != nil }) else { return }
    try state.mutate { ($0.unannouncedName, $0.joinCode) = (nil, nil) }
  }

  private func write(_ name: String) throws(DeviceError) {
    let now = clock.now
    try outbox.enqueue([.device(DeviceProfile(name: name, seenAt: now))])
    try journal.update { journal in
      journal.name = Opaque(Array(name.utf8))
      journal.presence = now
    }
  }

  /// Once a day, tells the others that this device was here.
  func announcePresence() throws(DeviceError) {
    try announceName()
    let now = clock.now
    let device = state.view.device
    let name = try journal.note { journal -> String? in
      let passed = journal.presence.map { now.nanoseconds(since: $0) } ?? .max
      // A clock that was set back counts from where it is.
      guard passed >= Timestamp.day || passed < -Timestamp.day else { return nil }
      let own = journal.name.bytes.isEmpty ? journal.directory[device]?.name.bytes : journal.name.bytes
      return own.map { String(decoding: $0, as: UTF8.self) }
    }
    if let name { try write(name) }
  }
}
