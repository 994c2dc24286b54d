/// One version of an imported message: as it was first imported, or as a later import found it.
public struct MessageVersion: Hashable, Sendable {
  /// What the message said. Its protection is the lowest of all versions.
  public let message: Message
  /// The device that imported it.
  public let device: DeviceID
  /// What it was imported from; nil for a message that was not imported.
  public var source: Message.Origin? { message.origin }
}

extension TimelineReader {
  /// Returns the versions of a message, in the order in which they came.
  func versions(of reference: MessageReference, of index: TimelineIndex) throws(DeviceError)
    -> [MessageVersion]
  {
    let positions = index.recipe(of: reference).versions
    let opened = try history.messages(in: try records(at: positions))
    guard let made = try messages([reference], of: index).first else { return [] }
    var versions: [MessageVersion] = []
    for (position, message) in zip(positions, opened) {
      var message = message
      message.lower(to: made)
      versions.append(MessageVersion(message: message, device: try history.author(at: position)))
    }
    return versions
  }
}

extension HistoryReader {
  /// Returns the device that signed for a record.
  func author(at position: RecordPosition) throws(DeviceError) -> DeviceID {
    guard let leaf = position.leaf else { return device }
    guard let batch = try batches(before: leaf &+ 1, limit: 1).first else {
      throw .store(.corrupted("records"))
    }
    return batch.signedBatch.device
  }
}

extension Device {
  /// Returns the versions of a message, in the order in which they came: what it said, who imported it, and from where.
  /// One that was imported once, or not at all, has one.
  /// - Throws: as `messages(_:of:)`.
  public func versions(
    of reference: MessageReference, of index: TimelineIndex
  ) throws(DeviceError) -> [MessageVersion] {
    try parts.reading.timeline.versions(of: reference, of: index)
  }
}

extension ReadOnlyDevice {
  /// Returns the versions of a message, in the order in which they came: what it said, who imported it, and from where.
  /// - Throws: as `messages(_:of:)`.
  public func versions(
    of reference: MessageReference, of index: TimelineIndex
  ) throws(DeviceError) -> [MessageVersion] {
    try reading.timeline.versions(of: reference, of: index)
  }
}
