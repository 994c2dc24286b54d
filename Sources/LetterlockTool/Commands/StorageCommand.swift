#if Tool
import ArgumentParser
import Letterlock

/// `letterlock storage`
struct StorageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storage",
    abstract: "Says how much room files take on this device, and gives some of it back.",
    discussion: """
      --optimize drops files that the relay is shown to hold; they are fetched when they are read, and not by a sync. \
      Previews stay, and so does what is only here. --collect has the relay drop files that no message refers to.
      """)

  @Argument(help: "The archive's folder.") var dir: String
  @Flag(help: "Drops files here that the relay holds.") var optimize = false
  @Option(help: "With --optimize: only files of at least this many bytes.") var largerThan: UInt64?
  @Flag(help: "Drops files that no message refers to, here and at the relay.") var collect = false
  @OptionGroup var confirmation: Confirmation
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  private struct Listing: Encodable {
    var storage: AttachmentStorage
    var evicted: EvictionReport?
    var collected: AttachmentStorage.Share?
    var unreadableRecords: Int?
  }

  func validate() throws {
    guard largerThan == nil || optimize else {
      throw ValidationError("--larger-than says what --optimize drops.")
    }
    guard !confirmation.yes || collect else { throw ValidationError("Only --collect asks for --yes.") }
  }

  func run() async throws {
    try await Terminal.run {
      let (folder, passphrase) = (ArchiveFolder(path: dir), try keys.passphrase())
      let listing: Listing
      do {
        if collect { try askBeforeCollecting(in: folder, passphrase) }
        listing =
          optimize || collect
          ? try await work(folder.open(passphrase).device)
          : Listing(storage: try folder.openForReading(passphrase).device.attachmentStorage())
      } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      guard !json else { return try Terminal.print(json: listing) }
      Terminal.lines(lines(listing))
    }
  }

  private func askBeforeCollecting(in folder: ArchiveFolder, _ passphrase: String?) throws {
    let here = try folder.openForReading(passphrase, ifRemoved: .refused).device.attachmentStorage()
      .unreferenced
    try confirmation.ask(
      "Files that no message refers to would be erased for good, here and at the relay: \(here.count) that are here, "
        + "\(ByteText(here.byteCount)), and those that only the relay has.")
  }

  private func work(_ device: Device) async throws(DeviceError) -> Listing {
    var (evicted, collected): (EvictionReport?, CollectionReport?)
    if collect { collected = try await device.collectUnreferencedAttachments() }
    if optimize {
      let least = largerThan ?? 0
      try await device.sync().checked()
      evicted = try await device.evictOriginals(where: { $0.byteCount >= least })
    }
    return Listing(
      storage: try device.attachmentStorage(), evicted: evicted, collected: collected?.collected,
      unreadableRecords: collected?.unreadableRecordCount)
  }

  private func lines(_ listing: Listing) -> [String] {
    func line(_ name: String, _ share: AttachmentStorage.Share) -> String {
      "\(name): \(share.count) files, \(ByteText(share.byteCount))"
    }
    var lines: [String] = []
    if let evicted = listing.evicted {
      lines.append(line("Dropped here, kept by the relay", evicted.evicted))
      if evicted.notAtRelay.count > 0 {
        lines.append(line("Kept, since the relay lacks them", evicted.notAtRelay))
      }
    }
    if let collected = listing.collected { lines.append(line("Referred to by nothing, dropped", collected)) }
    if let count = listing.unreadableRecords, count > 0 {
      lines.append(
        "Other files stay, since \(count) records cannot be read: nobody knows which files they refer to")
    }
    let storage = listing.storage
    lines += [
      line("Here and at the relay", storage.originals), line("Previews here", storage.previews),
      line("Only here, waiting to be sent", storage.waiting), line("Only at the relay", storage.absent),
    ]
    if storage.unreferenced.count > 0 { lines.append(line("Referred to by nothing", storage.unreferenced)) }
    return lines
  }
}
#endif
