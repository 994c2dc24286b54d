/// The store of a device, if it has one; what goes wrong there is said in a device's words.
struct StoreConnection: Sendable {
  /// The store.
  let store: (any DeviceStore)?

  /// Returns the store.
  /// - Throws: `DeviceError.noStore`.
  func needed() throws(DeviceError) -> any DeviceStore {
    guard let store else { throw .noStore }
    return store
  }

  /// Lends the store to `body`.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func use<Answer>(
    _ body: (any DeviceStore) throws(StoreError) -> Answer
  ) throws(DeviceError) -> Answer {
    let store = try needed()
    return try storing { () throws(StoreError) in try body(store) }
  }
}

/// Turns a store's error into a device's.
func storing<Answer>(_ body: () throws(StoreError) -> Answer) throws(DeviceError) -> Answer {
  do throws(StoreError) { return try body() } catch { throw .store(error) }
}
