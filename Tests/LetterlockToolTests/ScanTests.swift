#if Tool
import CryptoCore
import Foundation
import GRDB
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("The bytes that an archive leaves on a disk")
struct ScanTests {
  /// The scanner for a history's texts, numbers, names and files.
  private func scanner(for history: SampleHistory) -> LeakScanner {
    var scanner = LeakScanner()
    for message in history.messages where message.text.utf8.count >= 12 {
      scanner.add(message.text, named: message.text)
      // The beginning alone: what is cut off elsewhere would be a leak as well.
      scanner.add(String(message.text.prefix(24)), named: "the start of a text")
    }
    for file in history.messages.compactMap(\.attachment) {
      scanner.add(file.name, named: file.name)
      scanner.add(bytes: Array(file.bytes[100..<132]), named: "the inside of \(file.name)")
    }
    // Without the plus a number is found in either form.
    for secret in history.secrets {
      scanner.add(secret.hasPrefix("+") ? String(secret.dropFirst()) : secret, named: secret)
    }
    return scanner
  }

  @Test(arguments: ["plain", "utf16", "base64", "hex"], 0..<3)
  func `the scanner finds what is there`(form: String, shift: Int) throws {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 20, in: folder)
    let scanner = scanner(for: history)
    let secret = history.messages[7].text
    let noise = (0..<shift).map { UInt8(200 + $0) }
    let planted: [UInt8]
    switch form {
    case "plain": planted = Array(secret.utf8)
    case "utf16": planted = secret.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    case "base64":
      planted = Array(Data(noise + Array(secret.utf8) + [7, 8]).base64EncodedString().utf8)
    default: planted = Array(secret.utf8.map { String(format: "%02x", $0) }.joined().utf8)
    }
    var random = SplitMix64(state: 3)
    var bytes = random.bytes(5000) + noise + planted + random.bytes(5000)
    #expect(scanner.scan(bytes).contains { $0.hasPrefix(secret) })
    let middle = 5000 + noise.count + planted.count / 2
    bytes[middle] ^= 1
    #expect(!scanner.scan(bytes).contains { $0.hasPrefix(secret) })
  }

  @Test func `the scanner finds a row of a database and the name of a file`() throws {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeChatDatabase(count: 20, in: folder)
    let found = try scanner(for: history).scan(folder: folder.file("Messages"))
    #expect(found["chat.db"]?.isSuperset(of: history.secrets) == true)
    #expect(found["Attachments/ab/menu-of-the-orchard.pdf"]?.count == 2)
  }

  @Test func `after an import no file holds a text, a name, a number or a key`() throws {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(count: 80, in: folder)
    try history.writeChatDatabase(count: 40, in: folder)
    try folder.write("a passphrase of several words\n", to: "words")
    try folder.succeed(
      "init", "A", "--name", "Marguerite's telephone", "--recovery-key-file", "key",
      "--passphrase-file", "words")
    // As long as someone has the files open, SQLite keeps its logs.
    let readers = try ["A/relay.sqlite", "A/device/store.sqlite"].map { name in
      let reader = try DatabaseQueue(path: folder.file(name))
      _ = try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM record") }
      return reader
    }
    try folder.succeed(
      "import", "sms.xml", "Messages/chat.db", "--archive", "A", "--passphrase-file", "words")
    try folder.succeed("sync", "A", "--passphrase-file", "words")
    try folder.succeed("join", "B", "--name", "Oldcastle's computer", "--relay", "A")

    var scanner = scanner(for: history)
    scanner.add("Marguerite's telephone", named: "the device's name")
    scanner.add("Oldcastle's computer", named: "the new device's name")
    scanner.add("a passphrase of several words", named: "the passphrase")
    try addKeys(of: folder, to: &scanner)
    let found = try scanner.scan(folder: folder.file("A"))
    for log in ["relay.sqlite-wal", "device/store.sqlite-wal"] {
      let size = FileManager.default.contents(atPath: folder.file("A/" + log))?.count ?? 0
      #expect(size > 50_000, "\(log) should hold what was written")
    }
    #expect(found.count >= 7)
    for (name, leaks) in found { #expect(leaks.isEmpty, "\(name)") }
    for reader in readers { try reader.close() }
    // The logs are in the files themselves now.
    for (name, leaks) in try scanner.scan(folder: folder.file("A")) { #expect(leaks.isEmpty, "\(name)") }
  }

  /// The recovery key as text and bytes, and every secret of the device.
  private func addKeys(of folder: ToolFolder, to scanner: inout LeakScanner) throws {
    let text = try folder.text(of: "key").trimmingCharacters(in: .newlines)
    scanner.add(text, named: "the recovery key")
    scanner.add(text.replacingOccurrences(of: "-", with: ""), named: "the recovery key without hyphens")
    let recovery = try RecoveryKey.parse(text).key()
    scanner.add(bytes: recovery.secret.exportRawBytes(), named: "the recovery key's bytes")
    let vault = FileKeyVault(
      path: folder.file("A/device/keys"), passphrase: "a passphrase of several words")
    let secrets = try #require(try vault.load()).secrets.exportRawBytes()
    #expect(secrets.count >= 96)
    for start in stride(from: 0, to: secrets.count, by: 16) {
      scanner.add(bytes: Array(secrets[start..<start + 16]), named: "secret at \(start) of the key file")
    }
  }
}
#endif
