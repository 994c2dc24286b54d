#if Tool
import Foundation
import Testing

@Suite("letterlock attachment and storage")
struct AttachmentToolTests {
  private struct Row: Decodable {
    var id: String
    var name: String?
    var byteCount: UInt64
    var here: Bool
  }

  private struct Listing: Decodable {
    var attachments: [Row]
  }

  private struct Share: Decodable {
    var count: Int
    var byteCount: UInt64
  }

  private struct Storage: Decodable {
    struct Eviction: Decodable {
      var evicted: Share
      var notAtRelay: Share
    }

    var storage: [String: Share]
    var evicted: Eviction?
    var collected: Share?
  }

  private func rows(_ folder: ToolFolder, _ archive: String) throws -> [Row] {
    let listing: Listing = try folder.succeed("attachment", "list", archive, "--json").json()
    return listing.attachments
  }

  @Test func `a file goes in, is dropped here, and comes back whole and in part`() throws {
    let folder = try ToolFolder()
    var random = SplitMix64(state: 3)
    let content = Data(random.bytes(1_300_000))
    try content.write(to: URL(fileURLWithPath: folder.file("video.mov")))
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("attachment", "add", "A", "video.mov", "--later")
    let waiting: Storage = try folder.succeed("storage", "A", "--json").json()
    #expect(waiting.storage["waiting"]?.count == 1)
    let row = try #require(rows(folder, "A").first)
    #expect((row.name, row.byteCount, row.here) == ("video.mov", 1_300_000, true))

    let optimized: Storage = try folder.succeed("storage", "A", "--optimize", "--json").json()
    #expect(optimized.evicted?.evicted.count == 1)
    #expect(optimized.storage["absent"]?.count == 1)
    #expect(try rows(folder, "A").first?.here == false)
    let blobs = try FileManager.default.contentsOfDirectory(
      atPath: folder.file("A/device/store.sqlite.blobs"))
    #expect(blobs == [])
    try folder.succeed("verify", "A")

    let id = String(row.id.prefix(8))
    try folder.succeed("attachment", "get", "A", id, "--output", "part", "--range", "1000000-1000099")
    let part = try Data(contentsOf: URL(fileURLWithPath: folder.file("part")))
    #expect(part == content[1_000_000..<1_000_100])
    #expect(try rows(folder, "A").first?.here == false)
    // A sync does not bring back what was dropped.
    try folder.succeed("sync", "A")
    #expect(try rows(folder, "A").first?.here == false)
    try folder.succeed("attachment", "get", "A", id, "--output", "whole")
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("whole"))) == content)
    #expect(try rows(folder, "A").first?.here == true)
    try folder.succeed("verify", "A")

    // A second file goes to the same conversation.
    try folder.succeed("attachment", "add", "A", "whole")
    #expect(try folder.succeed("conversations", "A").output.split(separator: "\n").count == 1)
    let collected: Storage = try folder.succeed("storage", "A", "--collect", "--yes", "--json").json()
    #expect(collected.collected?.count == 0)
  }

  @Test func `what is wrong is said`() throws {
    let folder = try ToolFolder()
    try folder.write("text", to: "note")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let absent = try folder.run("attachment", "add", "A", "note", "nothing")
    #expect(absent.errors == "letterlock: Cannot read nothing: it is not there.\n")
    #expect(absent.exitCode == 1)
    #expect(try rows(folder, "A").isEmpty)
    #expect(try folder.run("attachment", "get", "A", "00", "--output", "x").exitCode == 1)
    try folder.succeed("attachment", "add", "A", "note")
    let id = try #require(rows(folder, "A").first?.id)
    for range in ["5-1", "x-3", "9-", "3"] {
      #expect(
        try folder.run("attachment", "get", "A", id, "--output", "x", "--range", range).exitCode != 0,
        "\(range)")
    }
    #expect(try folder.run("attachment", "get", "A", id, "--output", "nowhere/x").exitCode == 1)
    // What is written is counted, not what was asked for.
    for range in ["2-100", "2-18446744073709551615"] {
      let part = try folder.succeed("attachment", "get", "A", id, "--output", "-", "--range", range)
      #expect(part.output == "xt" && part.errors.contains("Wrote 2 bytes to "), "\(range): \(part.errors)")
    }
    #expect(!folder.exists("x"))
  }
}
#endif
