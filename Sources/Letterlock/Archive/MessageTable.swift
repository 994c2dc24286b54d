/// Finds messages by their identifiers in 4 to 16 bytes a message: the identifiers stay where they are.
struct MessageTable: Sendable {
  /// One more than a message's number; 0 where there is none. As many as a power of two, at most half of them used.
  private var slots: [UInt32] = []
  private var count = 0

  /// Makes room.
  mutating func reserve(_ count: Int) {
    var size = 64
    while size < 2 * count { size *= 2 }
    if size > slots.count { slots = [UInt32](repeating: 0, count: size) }
  }

  /// Adds the message that is next in `entries`; false if its identifier is there already.
  mutating func insert(_ number: UInt32, named id: MessageID, in entries: [TimelineIndex.Entry]) -> Bool {
    if 2 * (count + 1) > slots.count { grow(entries) }
    let slot = slot(of: id, in: entries)
    guard slots[slot] == 0 else { return false }
    slots[slot] = number + 1
    count += 1
    return true
  }

  /// The number of a message.
  func number(of id: MessageID, in entries: [TimelineIndex.Entry]) -> UInt32? {
    guard !slots.isEmpty else { return nil }
    let found = slots[slot(of: id, in: entries)]
    return found == 0 ? nil : found - 1
  }

  /// Where an identifier stands, or would.
  private func slot(of id: MessageID, in entries: [TimelineIndex.Entry]) -> Int {
    let mask = slots.count - 1
    var slot = id.hashValue & mask
    while slots[slot] != 0, entries[Int(slots[slot] - 1)].id != id { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow(_ entries: [TimelineIndex.Entry]) {
    let numbers = slots.filter { $0 != 0 }
    slots = []
    reserve(2 * (count + 1))
    let mask = slots.count - 1
    for number in numbers {
      var slot = entries[Int(number - 1)].id.hashValue & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = number
    }
  }
}
