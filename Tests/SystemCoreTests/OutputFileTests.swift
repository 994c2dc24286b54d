import Foundation
import Testing

@testable import SystemCore

private func withFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID())").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}

private func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

@Suite("Files that are written for a person")
struct OutputFileTests {
  private func write(
    _ text: String, to path: String, _ existing: OutputFile.Existing
  ) throws(OutputFileError) {
    let file = try OutputFile(path, existing: existing)
    try file.write(Array(text.utf8))
    try file.place()
  }

  @Test func `a new file is its owner's alone, and nothing stays beside it`() throws {
    try withFolder { folder in
      try write("one", to: folder + "/file", .kept)
      #expect(try String(contentsOfFile: folder + "/file", encoding: .utf8) == "one")
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/file")
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func `a file that is there is kept, or replaced by one of its owner's alone`() throws {
    try withFolder { folder in
      let path = folder + "/file"
      try Data("old".utf8).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
      #expect(throws: OutputFileError.exists) { try write("new", to: path, .kept) }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      try write("new", to: path, .replaced)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test(arguments: [OutputFile.Existing.kept, .replaced])
  func `nothing but a regular file is ever replaced`(existing: OutputFile.Existing) throws {
    try withFolder { folder in
      try Data("target".utf8).write(to: URL(fileURLWithPath: folder + "/target"))
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: folder + "/target")
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/dangling", withDestinationPath: folder + "/nothing")
      try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: false)
      #expect(unsafe mkfifo(folder + "/pipe", 0o600) == 0)
      let before = try names(in: folder)
      for name in ["link", "dangling", "folder", "pipe"] {
        #expect(throws: OutputFileError.notRegularFile, "\(name)") {
          try write("new", to: folder + "/" + name, existing)
        }
      }
      #expect(throws: OutputFileError.notRegularFile) { try write("new", to: "/dev/null", existing) }
      #expect(try names(in: folder) == before)
      #expect(try String(contentsOfFile: folder + "/target", encoding: .utf8) == "target")
    }
  }

  @Test(arguments: [OutputFile.Existing.kept, .replaced])
  func `what comes into its place meanwhile is not lost`(existing: OutputFile.Existing) throws {
    try withFolder { folder in
      let file = try OutputFile(folder + "/file", existing: existing)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/file", withDestinationPath: folder + "/elsewhere")
      #expect(throws: OutputFileError.notRegularFile) { try file.place() }
      #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"))
    }
  }

  @Test func `a file that never gets to its place leaves nothing`() throws {
    try withFolder { folder in
      do {
        let file = try OutputFile(folder + "/file", existing: .kept)
        try file.write([1, 2, 3])
        #expect(try names(in: folder).count == 1)
      }
      #expect(try names(in: folder).isEmpty)
    }
  }

  @Test func `a name that cannot be had is an error with its reason`() throws {
    try withFolder { folder in
      #expect(throws: OutputFileError.failed("open", code: ENOENT)) {
        try write("x", to: folder + "/none/file", .kept)
      }
      #expect(throws: OutputFileError.self) { try write("x", to: "", .kept) }
      // The longest name that there can be.
      try write("x", to: folder + "/" + String(repeating: "n", count: 255), .kept)
      #expect(throws: OutputFileError.failed("lstat", code: ENAMETOOLONG)) {
        try write("x", to: folder + "/" + String(repeating: "n", count: 256), .kept)
      }
    }
  }

  @Test func `folders are made for their owner alone, and a link to one is none`() throws {
    try withFolder { folder in
      let made = try OutputFolder.make(folder + "/a/b//c/")
      #expect(made.count == 3)
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/a/b")
      #expect(attributes[.posixPermissions] as? Int == 0o700)
      #expect(try OutputFolder.make(folder + "/a/b").isEmpty)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: folder + "/a")
      for name in ["/link", "/link/"] {
        #expect(throws: OutputFileError.notRegularFile) { _ = try OutputFolder.make(folder + name) }
      }
      OutputFolder.remove(made)
      #expect(try names(in: folder) == ["link"])
    }
  }
}
