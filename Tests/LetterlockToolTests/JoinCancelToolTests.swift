#if Tool
import Foundation
import Testing

@Suite("letterlock join: reading while the request waits, and taking it back")
struct JoinCancelToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.succeed("import", "one.xml", "--archive", "A")
  }

  private static let reading: [[String]] = [
    ["show", "B", "+15550101"], ["search", "B", "kept"], ["conversations", "B"], ["status", "B"],
    ["status", "B", "--json"],
    ["snapshots", "B"], ["attachment", "list", "B"], ["storage", "B"], ["settings", "B"],
    ["device", "list", "B"],
    ["export", "B", "--format", "text", "--output", "-"], ["import", "B", "--archive", "N"],
  ]

  @Test func `while a removed device waits to join again, its history is read`() throws {
    try folder.makeRemovedDevice()
    try folder.succeed("init", "N", "--recovery-key-file", "new")
    let before = try folder.export("B", exitCode: 2)
    #expect(before.contains("kept") && before.contains("waits"))
    let code = try folder.askToJoin("B")
    for line in Self.reading {
      let outcome = try folder.start(line).outcome()
      // The device that is read was removed; what it had comes into another archive as it is.
      let isSource = line.first == "import"
      #expect(outcome.exitCode == (isSource ? 0 : 2), "\(line): \(outcome.errors)")
      #expect(outcome.errors.contains("removed this one") != isSource, "\(line): \(outcome.errors)")
      #expect(
        outcome.errors.contains("What is shown is of the device that was here before"),
        "\(line): \(outcome.errors)")
    }
    for options in [[], ["--recovery-key-file", "key"]] {
      // It names the epoch that the device was removed by, and nothing else.
      let verified = try folder.start(["verify", "B"] + options).outcome()
      #expect(verified.exitCode == 2 && verified.output.contains("secret of epoch"), "\(verified.errors)")
      #expect(verified.output.hasSuffix(": 1 failed.\n"), "\(verified.output)")
    }
    #expect(try folder.export("B", exitCode: 2) == before)
    #expect(try folder.run("show", "B", "+15550101").output.contains("waits"))
    // What changes something waits for the approval, or the end of the request.
    let refused = try folder.run("delete", "B", "+15550101", "--yes")
    #expect(
      refused.exitCode == 1 && refused.errors.contains("letterlock join B --cancel"), "\(refused.errors)")
    #expect(try folder.askToJoin("B") == code)
    try folder.succeed("device", "add", "A", code)
    #expect(
      try folder.succeed("sync", "B").errors.contains(
        "Took along 1 waiting message of the device that was here before."))
  }

  /// What `status` says, but for sizes.
  private func status() throws -> [Substring] {
    try folder.run("status", "B").output.split(separator: "\n").filter { !$0.contains("on this device") }
  }

  @Test func `a request that is taken back leaves the removed device as it was`() throws {
    try folder.makeRemovedDevice()
    let before = (try folder.export("B", exitCode: 2), try status())
    let code = try folder.askToJoin("B")
    let asked = try folder.run("join", "B", "--cancel")
    #expect(asked.exitCode == 1 && asked.errors.contains("--yes"), "\(asked.errors)")
    #expect(try folder.askToJoin("B") == code)
    let cancelled = try folder.succeed("join", "B", "--cancel", "--yes")
    #expect(
      cancelled.output
        == "The request was taken back. The device that was here before is in its place again.\n")
    #expect(try folder.export("B", exitCode: 2) == before.0)
    #expect(try status() == before.1)
    #expect(try folder.run("sync", "B").exitCode == 2)
    // The old code is approved all the same: nothing here listens to it any more.
    try folder.succeed("device", "add", "A", code)
    #expect(try folder.run("sync", "B").exitCode == 2)
    #expect(try folder.export("B", exitCode: 2) == before.0)
    try folder.succeed("sync", "A")
    try folder.succeed("verify", "A")
    try folder.join("B")
    #expect(try folder.succeed("sync", "B").errors.contains("Took along 1 waiting message"))
    try folder.succeed("sync", "A")
    #expect(try folder.export("A").components(separatedBy: "waits").count == 2)
    try folder.succeed("verify", "B")
    try folder.succeed("verify", "A", "--as-new-device", "--recovery-key-file", "key")
  }

  @Test func `a new folder whose request is taken back is joined anew`() throws {
    let code = try folder.askToJoin("B", "--relay", "A")
    let cancelled = try folder.succeed("join", "B", "--cancel", "--yes")
    #expect(
      cancelled.output
        == "The request was taken back. There is no device in B: `letterlock join B --relay FILE` asks anew.\n"
    )
    let none = try folder.run("join", "B", "--cancel", "--yes")
    #expect(none.exitCode == 1 && none.errors.contains("There is no device in B"), "\(none.errors)")
    try folder.succeed("device", "add", "A", code)
    let again = try folder.askToJoin("B", "--relay", "A")
    #expect(again != code)
    try folder.succeed("device", "add", "A", again)
    try folder.succeed("sync", "B")
    #expect(try folder.export("B").contains("kept"))
    // An account that is begun there has a relay of its own.
    _ = try folder.askToJoin("C", "--relay", "A")
    try folder.succeed("join", "C", "--cancel", "--yes")
    try folder.succeed("init", "C", "--recovery-key-file", "own")
    #expect(folder.exists("C/relay.sqlite"))
    try folder.succeed("sync", "C")
  }

  @Test func `a device that has joined, or never asked, has no request to take back`() throws {
    try folder.join("B", "--relay", "A")
    try folder.succeed("sync", "B")
    let before = try folder.contents(of: "B/device")["keys"]
    for name in ["A", "B"] {
      let refused = try folder.run("join", name, "--cancel", "--yes")
      #expect(
        refused.exitCode == 1 && refused.errors.contains("No request to join waits in \(name)"),
        "\(refused.errors)")
    }
    #expect(try folder.contents(of: "B/device")["keys"] == before)
    let nowhere = try folder.run("join", "nowhere", "--cancel", "--yes")
    #expect(nowhere.exitCode == 1 && !folder.exists("nowhere"), "\(nowhere.errors)")
  }

  @Test func `a key file behind a link is taken away with its link`() throws {
    _ = try folder.askToJoin("B", "--relay", "A")
    try FileManager.default.moveItem(atPath: folder.file("B/device/keys"), toPath: folder.file("elsewhere"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("B/device/keys"), withDestinationPath: folder.file("elsewhere"))
    try folder.succeed("join", "B", "--cancel", "--yes")
    #expect(!folder.exists("elsewhere"))
    #expect(try !folder.contents(of: "B/device").keys.contains("keys"))
    #expect(try !folder.askToJoin("B", "--relay", "A").isEmpty)
  }
}
#endif
