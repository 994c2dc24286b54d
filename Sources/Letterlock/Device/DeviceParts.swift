/// What a device is made of: each part, with what it is given.
struct DeviceParts: Sendable {
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
  let reading: DeviceReading

  let outbox: Outbox
  let profile: OwnProfile
  let attachments: AttachmentWriter
  let attachmentBytes: AttachmentBytes
  let downloads: AttachmentDownloads
  let eviction: AttachmentEviction
  let collection: AttachmentCollection

  let log: LogPuller
  let puller: AccountPuller
  let changes: LogChanges
  let membership: Membership
  let joining: JoinApproval
  let restoring: Restoring
  let recoveryKeys: RecoveryKeys
  let schedule: Schedule

  let newest: NewestReader
  let snapshots: SnapshotMaker
  let deletion: Deleting
  let erasing: CopyErasing
  let sync: Synchroniser

  init(
    _ state: AccountState, notes: DeviceNotes, store: StoreConnection, relay: RelayConnection
  ) {
    let view = state.view
    (self.relay, self.store, self.notes) = (relay, store, notes)
    progress = SyncProgress(store)
    journal = Journal(notes, relay: relay.relay)
    settings = DeviceSettings(notes)
    reading = DeviceReading(
      view, store: store, notes: notes, progress: progress, journal: journal, settings: settings,
      clock: clock, surroundings: surroundings)

    let attaching = AttachmentsInProgress()
    outbox = Outbox(archive: view.archive, store: store)
    profile = OwnProfile(device: view.device, outbox: outbox, journal: journal, clock: clock)
    attachments = AttachmentWriter(view: view, store: store, outbox: outbox, inProgress: attaching)
    attachmentBytes = AttachmentBytes(store: store, relay: relay)
    downloads = AttachmentDownloads(view: view, store: store, relay: relay, inventory: reading.inventory)
    eviction = AttachmentEviction(view: view, store: store, relay: relay, downloads: downloads)

    log = LogPuller(state: state, relay: relay)
    let rules = CheckpointRules(view: view, evidence: reading.status.evidence)
    let history = HistoryPuller(
      view: view, relay: relay, store: store, progress: progress, log: log, rules: rules,
      directory: reading.directory)
    puller = AccountPuller(log, history)
    changes = LogChanges(state: state, relay: relay, progress: progress, puller: puller, clock: clock)
    membership = Membership(state: state, lock: lock, puller: puller, changes: changes)
    joining = JoinApproval(view: view, lock: lock, relay: relay, puller: puller, changes: changes)
    restoring = Restoring(state: state, puller: puller, changes: changes)
    recoveryKeys = RecoveryKeys(state: state, lock: lock, puller: puller, changes: changes, clock: clock)
    schedule = Schedule(view: view, journal: journal, clock: clock, changes: changes)

    let pusher = HistoryPusher(
      view: view, relay: relay, store: store, progress: progress, puller: puller,
      signer: BatchSigner(view: view, store: store))
    collection = AttachmentCollection(
      view: view, store: store, relay: relay, progress: progress, puller: puller,
      inventory: reading.inventory, inProgress: attaching)
    newest = NewestReader(
      view: view, lock: lock, history: reading.history, relay: relay, progress: progress, puller: puller)
    snapshots = SnapshotMaker(lock: lock, outbox: outbox, timeline: reading.timeline, pusher: pusher)
    deletion = Deleting(
      lock: lock, outbox: outbox, timeline: reading.timeline, pusher: pusher, collection: collection,
      settings: settings, clock: clock)
    erasing = CopyErasing(
      state: state, lock: lock, relay: relay, progress: progress, notes: notes, puller: puller, clock: clock)
    sync = Synchroniser(
      state: state, lock: lock, journal: journal, status: reading.status, erasing: erasing, changes: changes,
      schedule: schedule, uploads: AttachmentUploads(store: store, relay: relay), profile: profile,
      pusher: pusher)
  }
}
