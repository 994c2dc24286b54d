/// What reads a device, for one that also writes and for one that only reads.
struct DeviceReading: Sendable {
  let history: HistoryReader
  let timeline: TimelineReader
  let search: MessageSearcher
  let snapshots: SnapshotReader
  let inventory: AttachmentInventory
  let attachments: StoredAttachments
  let directory: DirectoryReader
  let status: StatusReader

  init(
    _ view: AccountView, store: StoreConnection, notes: DeviceNotes, progress: SyncProgress, journal: Journal,
    settings: DeviceSettings, clock: DeviceClock, surroundings: Surroundings
  ) {
    history = HistoryReader(view, store, progress)
    timeline = TimelineReader(history: history)
    search = MessageSearcher(timeline: timeline)
    snapshots = SnapshotReader(timeline: timeline)
    inventory = AttachmentInventory(history: history)
    attachments = StoredAttachments(account: view.account, store: store)
    directory = DirectoryReader(view: view, store: store, journal: journal)
    let evidence = EvidenceKeeper(view: view, store: store, notes: notes)
    status = StatusReader(
      view: view, store: store, progress: progress, journal: journal, settings: settings, evidence: evidence,
      unreadable: UnreadableRecordCounter(view: view, store: store, journal: journal), clock: clock,
      surroundings: surroundings)
  }
}
