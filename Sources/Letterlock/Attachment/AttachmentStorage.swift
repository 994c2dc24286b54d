internal import SystemCore

/// How much room attachments take on a device, and how much of it could be had back. SPEC.md section 7.6.
public struct AttachmentStorage: Hashable, Sendable, Codable {
  /// Files and their bytes.
  public struct Share: Hashable, Sendable, Codable {
    /// How many files.
    public var count = 0
    /// How many bytes they take, sealed.
    public var byteCount: UInt64 = 0

    mutating func add(_ byteCount: UInt64) {
      count += 1
      // A member may claim any size.
      self.byteCount = self.byteCount.addingSaturated(byteCount)
    }
  }

  /// Previews on this device.
  public internal(set) var previews = Share()
  /// Files on this device that a relay was sent too: they can be evicted once it is shown to hold them.
  public internal(set) var originals = Share()
  /// Files that are only on this device, and wait to be sent. They are never evicted.
  public internal(set) var waiting = Share()
  /// Files that are not on this device.
  public internal(set) var absent = Share()
  /// Files on this device that no message refers to.
  public internal(set) var unreferenced = Share()
}

/// What collecting attachments that no message refers to did.
public struct CollectionReport: Hashable, Sendable, Codable {
  /// Files that the relay dropped.
  public internal(set) var collected = AttachmentStorage.Share()
  /// How many records this device cannot read. While there are any, nobody knows what they refer to: files stay, but for
  /// those of messages that are being erased.
  public internal(set) var unreadableRecordCount = 0
}

/// What an eviction did.
public struct EvictionReport: Hashable, Sendable, Codable {
  /// Files that are at the relay alone now.
  public internal(set) var evicted = AttachmentStorage.Share()
  /// Files that stayed because the relay does not have them whole: they wait to be sent again.
  public internal(set) var notAtRelay = AttachmentStorage.Share()
}
