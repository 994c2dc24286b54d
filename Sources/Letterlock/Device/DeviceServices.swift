/// What the parts of a device share. Each has one owner, and is given to the parts that need it.
struct DeviceServices: Sendable {
  let state: AccountState
  let relay: RelayConnection
  let store: StoreConnection
  let notes: DeviceNotes
  /// The clock that schedules go by.
  let clock = DeviceClock()
  /// Calls that talk to the relay hold this lock, one after the other.
  let lock = AsyncLock()
  let progress: SyncProgress
  let journal: Journal
  let settings: DeviceSettings
  let surroundings = Surroundings()

  var view: AccountView { state.view }

  init(_ state: AccountState, notes: DeviceNotes, store: StoreConnection, relay: RelayConnection) {
    (self.state, self.notes, self.store, self.relay) = (state, notes, store, relay)
    progress = SyncProgress(store)
    journal = Journal(notes, relay: relay.relay)
    settings = DeviceSettings(notes)
  }
}
