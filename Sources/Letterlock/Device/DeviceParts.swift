/// What a device is made of: each part, with what it is given.
struct DeviceParts: Sendable {
  let services: DeviceServices
  let reading: DeviceReading
  let writing: WritingParts
  let account: AccountParts
  let files: AttachmentParts
  let history: HistoryParts

  init(_ services: DeviceServices) {
    self.services = services
    reading = DeviceReading(
      services.view, store: services.store, notes: services.notes, progress: services.progress,
      journal: services.journal, settings: services.settings, clock: services.clock,
      surroundings: services.surroundings)
    writing = WritingParts(services, reading)
    account = AccountParts(services, reading)
    files = AttachmentParts(services, reading, account.puller, writing.attachments.inProgress)
    history = HistoryParts(services, reading, writing, account, files.collection)
  }
}

/// What adds to the history.
struct WritingParts: Sendable {
  let outbox: Outbox
  let profile: OwnProfile
  let attachments: AttachmentWriter
  let takenAlong: TakenAlong

  init(_ services: DeviceServices, _ reading: DeviceReading) {
    let view = services.view
    outbox = Outbox(archive: view.archive, store: services.store)
    profile = OwnProfile(
      state: services.state, outbox: outbox, history: reading.history, journal: services.journal,
      clock: services.clock)
    attachments = AttachmentWriter(
      view: view, store: services.store, outbox: outbox, inProgress: AttachmentsInProgress())
    takenAlong = TakenAlong(
      state: services.state, store: services.store, history: reading.history, outbox: outbox)
  }
}

/// What changes the account, and takes what others changed.
struct AccountParts: Sendable {
  let log: LogPuller
  let puller: AccountPuller
  let changes: LogChanges
  let membership: Membership
  let joining: JoinApproval
  let restoring: Restoring
  let recoveryKeys: RecoveryKeys
  let schedule: Schedule
  let announcements: RecoveryAnnouncements

  init(_ services: DeviceServices, _ reading: DeviceReading) {
    let (state, view, relay, lock) = (services.state, services.view, services.relay, services.lock)
    log = LogPuller(
      state: state, relay: relay,
      others: OtherLogKeeper(state: state, notes: services.notes, clock: services.clock))
    let history = HistoryPuller(
      view: view, relay: relay, store: services.store, progress: services.progress, log: log,
      rules: CheckpointRules(view: view, evidence: reading.status.evidence), directory: reading.directory)
    puller = AccountPuller(log, history)
    changes = LogChanges(
      state: state, relay: relay, progress: services.progress, puller: puller, clock: services.clock)
    membership = Membership(state: state, lock: lock, puller: puller, changes: changes)
    joining = JoinApproval(
      view: view, lock: lock, relay: relay, progress: services.progress, puller: puller, changes: changes)
    restoring = Restoring(state: state, puller: puller, changes: changes, clock: services.clock)
    schedule = Schedule(
      view: view, journal: services.journal, notes: services.notes, clock: services.clock, changes: changes)
    announcements = RecoveryAnnouncements(
      view: view, journal: services.journal, progress: services.progress, clock: services.clock,
      changes: changes)
    recoveryKeys = RecoveryKeys(
      state: state, lock: lock, puller: puller, changes: changes, announcements: announcements,
      clock: services.clock)
  }
}

/// What brings attachments here, and drops them.
struct AttachmentParts: Sendable {
  let bytes: AttachmentBytes
  let downloads: AttachmentDownloads
  let eviction: AttachmentEviction
  let collection: AttachmentCollection

  init(
    _ services: DeviceServices, _ reading: DeviceReading, _ puller: AccountPuller,
    _ inProgress: AttachmentsInProgress
  ) {
    let (view, store, relay) = (services.view, services.store, services.relay)
    bytes = AttachmentBytes(store: store, relay: relay)
    downloads = AttachmentDownloads(
      view: view, store: store, relay: relay, inventory: reading.inventory, notes: services.notes)
    eviction = AttachmentEviction(
      view: view, store: store, relay: relay, downloads: downloads, notes: services.notes)
    collection = AttachmentCollection(
      view: view, store: store, relay: relay, progress: services.progress, puller: puller,
      inventory: reading.inventory, inProgress: inProgress)
  }
}

/// What keeps the history here and at the relay the same.
struct HistoryParts: Sendable {
  let newest: NewestReader
  let snapshots: SnapshotMaker
  let deletion: Deleting
  let erasing: CopyErasing
  let sending: Sending
  let sync: Synchroniser

  init(
    _ services: DeviceServices, _ reading: DeviceReading, _ writing: WritingParts, _ account: AccountParts,
    _ collection: AttachmentCollection
  ) {
    let (state, view, relay) = (services.state, services.view, services.relay)
    let (lock, progress, puller) = (services.lock, services.progress, account.puller)
    let pusher = HistoryPusher(
      view: view, relay: relay, store: services.store, progress: progress, puller: puller,
      signer: BatchSigner(view: view, store: services.store),
      erasures: WaitingErasures(view: view, history: reading.history))
    newest = NewestReader(
      view: view, lock: lock, history: reading.history, relay: relay, progress: progress, puller: puller)
    snapshots = SnapshotMaker(
      lock: lock, outbox: writing.outbox, timeline: reading.timeline, pusher: pusher)
    deletion = Deleting(
      lock: lock, outbox: writing.outbox, timeline: reading.timeline, pusher: pusher,
      collection: collection, settings: services.settings, clock: services.clock)
    erasing = CopyErasing(
      state: state, lock: lock, relay: relay, progress: progress, notes: services.notes, puller: puller,
      changes: account.changes, clock: services.clock)
    sending = Sending(
      view: view, lock: lock, timeline: reading.timeline, writer: writing.attachments, pusher: pusher,
      clock: services.clock)
    sync = Synchroniser(
      state: state, lock: lock, journal: services.journal, status: reading.status, erasing: erasing,
      changes: account.changes, schedule: account.schedule, announcements: account.announcements,
      uploads: AttachmentUploads(
        store: services.store, relay: relay, inventory: reading.inventory,
        lost: LostAttachments(
          view: view, store: services.store, relay: relay, inventory: reading.inventory, clock: services.clock
        ), collection: collection),
      profile: writing.profile, takenAlong: writing.takenAlong, pusher: pusher)
  }
}
