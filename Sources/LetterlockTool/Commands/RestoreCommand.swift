#if Tool
import ArgumentParser
import Foundation
import Letterlock
import LetterlockSQLite

/// `letterlock restore`
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Gets a whole history back with nothing but the recovery key.",
    discussion: """
      Up to 4 mistyped characters are corrected. The restored device reads at once, and seals nothing until \
      `letterlock device confirm` says which other devices to keep.
      """)

  @Argument(help: "The folder to make.") var dir: String
  @Option(help: "The relay's file, or the archive folder that holds it.") var relay: String
  @Option(help: "A file that holds the recovery key.") var recoveryKeyFile: String
  @Option(help: "Also proves that the history goes back to this snapshot, and says how to export it.")
  var snapshot: String?
  @Flag(help: "Puts an archive that is in this folder aside, whatever it holds, and keeps it.")
  var replace = false
  @OptionGroup var keys: KeyOptions

  func run() async throws {
    try await Terminal.run {
      let passphrase = try keys.passphrase()
      let key = try Self.readKey(recoveryKeyFile)
      let server = try ArchiveFolder.openRelay(at: relay)
      let folder = ArchiveFolder(path: dir)
      if replace {
        guard !folder.holds(ArchiveFolder.relayFile(at: relay)) else {
          throw ToolError(
            "The relay is in \(dir) itself: choose another folder, or move the relay out first.")
        }
        try folder.putAside()
      }
      try folder.create()
      try folder.lock()
      try folder.point(toRelay: relay)
      let store = try folder.openStore()
      do throws(DeviceError) {
        let device = try await Device.restore(
          with: key, vault: folder.vault(passphrase), store: store, relay: server)
        let bar = SyncBar()
        let report = try await device.sync { bar.show($0) }
        bar.finish()
        let files = try await device.downloadAll()
        print("Restored \(report.received) records and \(files.count) attachments.")
        for line in RestoreSummary(try await device.restoreReport()).lines { print(line) }
        files.noteFailures()
        try report.checked()
        try Self.explain(device, dir)
      } catch { throw ToolError(error, folder: dir) }
      if let snapshot {
        let count = try folder.openForReading(passphrase).timelineIndex(at: snapshot).references.count
        print("\(snapshot): \(count) messages, proven. letterlock export \(dir) --snapshot \(snapshot) ...")
      }
    }
  }

  /// The key in a file.
  static func readKey(_ path: String) throws -> RecoveryKey {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ToolError("Cannot read \(path).")
    }
    do throws(RecoveryKeyError) { return try parse(text) } catch { throw ToolError(error) }
  }

  /// The key, and a line that says what was corrected.
  static func parse(_ text: String, indent: String = "") throws(RecoveryKeyError) -> RecoveryKey {
    switch try RecoveryKey.parse(text) {
    case .exact(let key): return key
    case .corrected(let key, let groups, let count):
      let list = groups.map(String.init).joined(separator: ", ")
      let noun = groups.count == 1 ? "group" : "groups"
      print("\(indent)Corrected \(count) mistyped characters of the recovery key, in \(noun) \(list).")
      return key
    }
  }

  private static func explain(_ device: Device, _ dir: String) throws(DeviceError) {
    let names = try device.timelineIndex().deviceNames
    print("These devices can read the account besides this one:")
    for id in device.unconfirmedDevices {
      print("  \(id.description.prefix(16))  \((names[id] ?? "").shown)")
    }
    print("Say which of them to keep, and remove the rest: letterlock device confirm \(dir) [--keep ID]")
  }
}
#endif
