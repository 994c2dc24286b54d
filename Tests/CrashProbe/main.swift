#if SQLite
import CryptoCore
import Foundation
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite

/// Adds numbered messages to a device in the folder it is given, for ever, and says on standard output what
/// was acknowledged: `kept N` when N messages are in the store, `sent N` when N are at the relay. A test
/// kills it.
func run(in folder: String) async throws {
  let device = try Device(
    vault: FileKeyVault(path: folder + "/keys", passphrase: nil),
    store: SQLiteDeviceStore(existing: folder + "/store.sqlite"),
    relay: SQLiteRelay(existing: folder + "/relay.sqlite"))
  let chat = ConversationID()
  var count = try device.timeline().messages.count
  while true {
    for _ in 0..<3 {
      try device.append(.carrier(.sms, from: "+15550100", text: "message \(count)"), to: chat)
      count += 1
      say("kept \(count)")
    }
    try await device.sync()
    say("sent \(count)")
  }
}

/// What file number `number` holds: more than the relay takes in one part.
func content(_ number: Int) -> [UInt8] {
  (0..<1_200_000 + number).map { UInt8(truncatingIfNeeded: ($0 &* (number + 3)) >> 4) }
}

/// Adds numbered files to a device, sends, drops, fetches, erases and collects them, for ever, and says what was
/// acknowledged and what it is about to do. A test kills it.
func runAttachments(in folder: String) async throws {
  let store = try SQLiteDeviceStore(existing: folder + "/store.sqlite")
  let device = try Device(
    vault: FileKeyVault(path: folder + "/keys", passphrase: nil), store: store,
    relay: SQLiteRelay(existing: folder + "/relay.sqlite"))
  try store.removeUnfinishedBlobs()
  var count = try device.timeline().messages.compactMap { Int($0.text) }.max() ?? 0
  let chat = try device.timeline().messages.first?.conversation ?? ConversationID()
  while true {
    for _ in 0..<2 {
      say("sealing \(count + 1)")
      let file = AttachmentSource(mediaType: "a/b", content: .bytes(content(count + 1)))
      try device.append(.note("\(count + 1)"), attaching: [file], to: chat)
      count += 1
      say("kept \(count)")
    }
    try await device.sync { step in
      if case .sentAttachmentBytes(let byteCount) = step { say("sending \(byteCount)") }
    }
    say("sent \(count)")
    say("evicting \(count)")
    _ = try await device.evictOriginals()
    say("fetching \(count)")
    let newest = try device.timeline().messages.suffix(2).flatMap(\.attachments)
    try await device.download(newest)
    // The oldest but one goes for good, so the first stays and names the conversation.
    let messages = try device.timeline().messages
    if messages.count > 3, let old = messages.dropFirst().first {
      say("erasing \(old.text)")
      try device.delete([old.id], in: chat)
      _ = try await device.eraseDeleted(before: .now)
      say("erased \(old.text)")
    }
    say("collecting \(count)")
    _ = try await device.collectUnreferencedAttachments()
  }
}

func say(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// Saves keys once: into an empty vault, or in place of version 1.
func saveVault(at path: String, _ kind: String) throws {
  let contents = VaultContents(version: 2, secrets: SecretKey(copying: [2, 2, 2]), state: [2, 2])
  try FileKeyVault(path: path).save(contents, replacing: kind == "first" ? nil : 1)
  say("saved")
}

guard CommandLine.arguments.count >= 2 else { exit(2) }
do {
  switch CommandLine.arguments.dropFirst(2).first {
  case "vault": try saveVault(at: CommandLine.arguments[1], CommandLine.arguments.last ?? "")
  case "life": try await Life(folder: CommandLine.arguments[1]).go()
  case "erase": try await eraseEverything(in: CommandLine.arguments[1])
  case "attachments"?: try await runAttachments(in: CommandLine.arguments[1])
  default: try await run(in: CommandLine.arguments[1])
  }
} catch {
  say("failed \(error)")
  exit(1)
}
#endif
