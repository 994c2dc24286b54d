internal import TLSCodec

/// What a device says about itself to the others: its name, and that it was here.
struct OwnProfile: Sendable {
  let device: DeviceID
  let outbox: Outbox
  let journal: Journal
  let clock: DeviceClock

  /// Names the device.
  func enqueue(named name: String) throws(DeviceError) {
    let now = clock.now
    try outbox.enqueue([.device(DeviceProfile(name: name, seenAt: now))])
    try journal.update { journal in
      journal.name = Opaque(Array(name.utf8))
      journal.presence = now
    }
  }

  /// Once a day, tells the others that this device was here.
  func announcePresence() throws(DeviceError) {
    let now = clock.now
    let name = try journal.note { journal -> String? in
      let passed = journal.presence.map { now.nanoseconds(since: $0) } ?? .max
      // A clock that was set back counts from where it is.
      guard passed >= Timestamp.day || passed < -Timestamp.day else { return nil }
      let own = journal.name.bytes.isEmpty ? journal.directory[device]?.name.bytes : journal.name.bytes
      return own.map { String(decoding: $0, as: UTF8.self) }
    }
    if let name { try enqueue(named: name) }
  }
}
