/// Where a device's store has a record: in the history, or waiting to be sent. Eight bytes, since an index has
/// one for every message.
package struct RecordPosition: Hashable, Sendable {
  private let number: Int64

  private init(_ number: Int64) { self.number = number }

  /// A leaf index.
  package static func leaf(_ leaf: UInt64) -> Self { Self(Int64(clamping: leaf)) }

  /// A place in the outbox, by its sequence number.
  package static func waiting(_ sequence: Int64) -> Self { Self(~max(0, sequence)) }

  /// The leaf index; nil while the record waits.
  package var leaf: UInt64? { number < 0 ? nil : UInt64(number) }

  /// The sequence number in the outbox; nil once the record is in the history.
  package var sequence: Int64? { number < 0 ? ~number : nil }
}

extension RecordPosition: Comparable {
  /// The history's order, and after it the outbox's.
  package static func < (left: Self, right: Self) -> Bool {
    switch (left.leaf, right.leaf) {
    case (let left?, let right?): left < right
    case (.some, nil): true
    case (nil, .some): false
    case (nil, nil): left.number > right.number
    }
  }
}
