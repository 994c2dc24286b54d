#if SQLite
import Foundation
import Letterlock
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

func say(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

guard CommandLine.arguments.count >= 2 else { exit(2) }
do {
  switch CommandLine.arguments.dropFirst(2).first {
  case "life": try await Life(folder: CommandLine.arguments[1]).go()
  case "erase": try await eraseEverything(in: CommandLine.arguments[1])
  default: try await run(in: CommandLine.arguments[1])
  }
} catch {
  say("failed \(error)")
  exit(1)
}
#endif
