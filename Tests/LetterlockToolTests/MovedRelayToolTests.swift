#if Tool
import Foundation
import Testing

@Suite("letterlock sync --relay: a relay whose file was moved")
struct MovedRelayToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.join("B", "--relay", "A")
    try folder.succeed("sync", "B")
    try folder.succeed("import", "one.xml", "--archive", "A")
  }

  private func move(_ file: String, to place: String) throws {
    for suffix in ["", "-wal", "-shm"] where folder.exists(file + suffix) {
      try FileManager.default.moveItem(
        atPath: folder.file(file + suffix), toPath: folder.file(place + suffix))
    }
  }

  /// What the device keeps; what SQLite lays beside a file while it is open holds nothing then.
  private func kept(_ archive: String) throws -> [String: String] {
    try folder.contents(of: archive + "/device").filter {
      !$0.key.hasSuffix("-shm") && !$0.key.hasSuffix("-wal")
    }
  }

  @Test func `a device is told once where the file is, and remembers it`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("disk"), withIntermediateDirectories: false)
    try move("A/relay.sqlite", to: "disk/moved.sqlite")
    for name in ["A", "B"] {
      let lost = try folder.run("sync", name)
      #expect(lost.exitCode == 1, "\(lost.errors)")
      #expect(lost.errors.contains("`letterlock sync \(name) --relay FILE`"), "\(lost.errors)")
      try folder.succeed("sync", name, "--relay", "disk/moved.sqlite")
      try folder.succeed("sync", name)
      try folder.succeed("verify", name)
    }
    #expect(try folder.export("B").contains("kept"))
    // A folder that holds a relay is as good as its file.
    try move("disk/moved.sqlite", to: "disk/relay.sqlite")
    try folder.succeed("sync", "A", "--relay", "disk")
    try folder.succeed("sync", "A")
  }

  @Test func `a relay of another account is refused, and changes nothing`() throws {
    try folder.succeed("init", "C", "--recovery-key-file", "other")
    try folder.write("no relay", to: "file")
    let before = (try kept("A"), try kept("B"))
    for name in ["A", "B"] {
      for options in [["C"], ["file"], ["nothing"], [""]] {
        for more in [[], ["--give-back"]] {
          let refused = try folder.start(["sync", name, "--relay"] + options + more).outcome()
          #expect([1, 2].contains(refused.exitCode) && refused.output.isEmpty, "\(refused.errors)")
          if options == ["C"] {
            #expect(refused.errors.contains("is not the relay of this account"), "\(refused.errors)")
          }
        }
      }
    }
    #expect(try kept("A") == before.0 && kept("B") == before.1)
    #expect(!folder.exists("nothing"))
    for name in ["A", "B"] { try folder.succeed("sync", name) }
  }

  @Test func `an older copy of the relay is not remembered`() throws {
    try folder.succeed("sync", "B")
    try folder.copy("A/relay.sqlite", to: "old.sqlite")
    try folder.writeSMS("later", to: "two.xml")
    try folder.succeed("import", "two.xml", "--archive", "A")
    let pointer = try folder.text(of: "B/device/relay")
    try folder.succeed("sync", "B")
    for name in ["A", "B"] {
      #expect(try folder.run("sync", name, "--relay", "old.sqlite").exitCode == 2)
      try folder.succeed("sync", name)
    }
    #expect(try folder.text(of: "B/device/relay") == pointer)
    #expect(!folder.exists("A/device/relay"))
    // Put back from a backup in another place, it takes back what it lost, and is the account's relay.
    let given = try folder.succeed("sync", "A", "--relay", "old.sqlite", "--give-back")
    #expect(given.output.contains("The relay took back "), "\(given.output)")
    #expect(try folder.text(of: "A/device/relay").hasSuffix("/old.sqlite\n"))
    try folder.succeed("sync", "A")
  }

  @Test func `a request that was approved meanwhile is seen through at the moved relay`() throws {
    let code = try folder.askToJoin("D", "--relay", "A")
    try folder.succeed("device", "add", "A", code)
    let lost = folder.file("lost.sqlite")
    try move("A/relay.sqlite", to: "lost.sqlite")
    let missing = try folder.run("sync", "D")
    #expect(missing.errors.contains("`letterlock sync D --relay FILE`"), "\(missing.errors)")
    try folder.succeed("sync", "D", "--relay", lost)
    try folder.succeed("sync", "D")
    #expect(try folder.export("D").contains("kept"))
  }

  @Test func `a request at an older copy that is taken back leaves the relay as it was`() throws {
    try folder.succeed("sync", "B")
    try folder.copy("A/relay.sqlite", to: "old.sqlite")
    try folder.writeSMS("later", to: "two.xml")
    try folder.succeed("import", "two.xml", "--archive", "A")
    try folder.succeed("sync", "B")
    let pointer = try folder.text(of: "B/device/relay")
    for name in ["A", "B"] {
      for _ in 0..<2 {
        let code = try folder.askToJoin(name, "--relay", "old.sqlite")
        #expect(!code.isEmpty)
        // The request goes on where it was made, and being named again changes nothing.
        #expect(try folder.text(of: name + "/device/relay").hasSuffix("/old.sqlite\n"))
        #expect(try folder.askToJoin(name) == code)
        #expect(try folder.askToJoin(name, "--relay", "old.sqlite") == code)
        try folder.succeed("join", name, "--cancel", "--yes")
      }
      try folder.succeed("sync", name)
      #expect(!folder.exists(name + "/device/relay.former"))
    }
    #expect(try folder.text(of: "B/device/relay") == pointer)
    #expect(!folder.exists("A/device/relay"))
  }

  @Test func `joining again at a relay of another account is refused, and changes nothing`() throws {
    let folder = try ToolFolder.withArchive()
    try folder.makeRemovedDevice()
    try folder.succeed("init", "C", "--recovery-key-file", "other")
    let pointer = try folder.text(of: "B/device/relay")
    let keys = try folder.contents(of: "B/device")["keys"]
    for _ in 0..<2 {
      let refused = try folder.run("join", "B", "--relay", "C")
      #expect(refused.exitCode == 1 && refused.output.isEmpty, "\(refused.errors)")
      #expect(refused.errors.contains("is not the relay of this account"), "\(refused.errors)")
      #expect(try folder.text(of: "B/device/relay") == pointer)
    }
    #expect(try folder.contents(of: "B/device")["keys"] == keys)
    _ = try folder.askToJoin("B")
    #expect(try folder.run("join", "B", "--relay", "C").exitCode == 1)
    #expect(try folder.text(of: "B/device/relay") == pointer)
  }
}
#endif
