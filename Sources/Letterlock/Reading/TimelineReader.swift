internal import CryptoCore
internal import SystemCore

/// Reading the history as people see it.
extension Device {
  /// How many records are opened at once.
  private static let pageCount = 2048

  /// Reads the whole history, every author verified, and keeps which records make which message.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func timelineIndex() throws(DeviceError) -> TimelineIndex {
    var index = TimelineIndex(reserving: Int(clamping: try progress().history.tree.size))
    do throws(HistoryReadError<Never>) { try forEachEntry { index.add($0) } } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    index.settle()
    return index
  }

  /// Opens messages of an index, on all cores: as they are with every edit, retraction and deletion.
  /// - Throws: `DeviceError.historyChanged` if one of them was sent or erased since the index was made; `.archive`
  ///   if its record does not open any more, `.noStore`, `.store`.
  public func messages(
    _ references: some Collection<MessageReference>, of index: TimelineIndex
  ) throws(DeviceError) -> [Message] {
    var messages: [Message] = []
    messages.reserveCapacity(references.count)
    var rest = references[...]
    while !rest.isEmpty {
      let page = rest.prefix(Self.pageCount)
      rest = rest.dropFirst(page.count)
      try read(page.map(index.recipe), into: &messages)
    }
    return messages
  }

  /// Gives messages of an index to `body`, a page at a time, so that memory stays flat.
  ///
  /// - Parameter references: all of the index, in the order sent, if left out.
  /// - Throws: as `messages(_:of:)`, and what `body` throws.
  public func forEachMessage(
    _ references: [MessageReference]? = nil, of index: TimelineIndex, _ body: ([Message]) throws -> Void
  ) throws {
    var rest = (references ?? index.references)[...]
    while !rest.isEmpty {
      let page = rest.prefix(Self.pageCount)
      rest = rest.dropFirst(page.count)
      try body(try messages(page, of: index))
    }
  }

  /// Reads the whole history, every author verified, as people see it.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func timeline() throws(DeviceError) -> Timeline {
    let index = try timelineIndex()
    return Timeline(try messages(index.references, of: index), index: index)
  }

  private func read(_ recipes: [MessageRecipe], into messages: inout [Message]) throws(DeviceError) {
    let records = try records(at: recipes.flatMap { [$0.position] + $0.changes })
    let opened: [Message]
    do throws(ArchiveError) {
      opened = try concurrentMap(records.count) {
        RecordOpener(archive)
      } _: { (opener, number) throws(ArchiveError) in
        guard case .message(let message) = try opener.open(SealedRecord(decoding: records[number])) else {
          throw .notAMessage
        }
        return message.markedVerified(by: .verifiedRecord)
      }
    } catch { throw .archive(error) }
    var next = 0
    for recipe in recipes {
      let end = next + 1 + recipe.changes.count
      messages.append(recipe.made(of: opened[next], opened[next + 1..<end]))
      next = end
    }
  }

  /// Records by where they are.
  private func records(at positions: [RecordPosition]) throws(DeviceError) -> [[UInt8]] {
    let store = try neededStore()
    let leaves = positions.compactMap(\.leaf)
    let kept = try Self.storing { () throws(StoreError) in try store.records(at: leaves) }
    guard kept.count == leaves.count else { throw .store(.corrupted("records")) }
    var next = kept[...]
    var records: [[UInt8]] = []
    records.reserveCapacity(positions.count)
    for position in positions {
      let record: [UInt8]?
      if let sequence = position.sequence {
        record = try Self.storing { () throws(StoreError) in
          try store.outbox(after: sequence - 1, limit: 1).first.flatMap {
            $0.sequence == sequence ? $0.bytes : nil
          }
        }
      } else {
        record = next.popFirst() ?? nil
      }
      guard let record else { throw .historyChanged }
      records.append(record)
    }
    return records
  }
}
