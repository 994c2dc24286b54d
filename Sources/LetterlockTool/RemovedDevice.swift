#if Tool
import Letterlock

/// What a command does on a device that was removed from its account, and knows it. Every command that opens an archive
/// asks here.
enum RemovedDeviceUse: Sendable {
  /// Nothing: it changes something, or asks the relay, and says that the device was removed.
  case refused
  /// What it was told, with what is here; at its end it says that the device was removed, and exits with 2.
  case read
  /// What it was told, and says nothing of it: the archive is only the source of another one.
  case source

  /// Refuses a device, or has the command say at its end what became of it.
  func check(_ device: some HistoryReading) throws(ToolError) {
    guard let removal = device.ownRemoval else { return }
    switch self {
    case .refused: throw removal
    case .read: Terminal.sayAtEnd(removal)
    case .source: break
    }
  }
}

extension HistoryReading {
  /// Who removed this device from its account, and when, as far as it knows, in the words of a synchronisation; nil while
  /// it is part of the account.
  var ownRemoval: ToolError? {
    guard let removal = log.members[id]?.removal else { return nil }
    // Whoever removes a device begins an epoch without it, by the same entry.
    guard let epoch = log.epochs.first(where: { $0.entry == removal.entry }) else { return ToolError.removed }
    return ToolError.wrong("\(Verdict.removed(by: epoch.signer, entry: removal.entry).sentence)")
  }
}
#endif
