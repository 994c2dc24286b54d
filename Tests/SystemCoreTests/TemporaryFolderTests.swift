import Foundation
import Testing

@testable import SystemCore

@Suite("Folders for copies that nobody should find later", .serialized)
struct TemporaryFolderTests {
  private let parent: String
  private let kind = TemporaryFolder.Kind(prefix: "copies-", names: ["copy", "copy-wal"])

  init() throws {
    parent = FileManager.default.temporaryDirectory.path + "/letterlock-folders-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: false)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: parent).sorted()
  }

  private func finish() { try? FileManager.default.removeItem(atPath: parent) }

  private func write(_ name: String) throws {
    try Data("secret".utf8).write(to: URL(fileURLWithPath: name))
  }

  @Test func `a folder is its owner's alone, and goes with its files`() throws {
    defer { finish() }
    do {
      let folder = try TemporaryFolder(kind, in: parent)
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.path)
      #expect(attributes[.posixPermissions] as? Int == 0o700)
      try write(folder.path + "/copy")
      folder.remove()
      #expect(try names() == [])
    }
    do {
      let folder = try TemporaryFolder(kind, in: parent)
      try write(folder.path + "/copy-wal")
      _ = consume folder
    }
    #expect(try names() == [])
  }

  @Test func `a process that is told to end removes all of its folders`() throws {
    defer { finish() }
    let folders = try (0..<3).map { _ in try TemporaryFolder(kind, in: parent) }
    for folder in folders { try write(folder.path + "/copy") }
    TemporaryFolder.removeAll()
    #expect(try names() == [])
    for folder in folders { folder.remove() }
  }

  @Test func `what a killed process left is removed, and what another one uses stays`() throws {
    defer { finish() }
    let used = try TemporaryFolder(kind, in: parent)
    try write(used.path + "/copy")
    for name in ["copies-left", "copies-empty", "others-left"] {
      try FileManager.default.createDirectory(atPath: parent + "/" + name, withIntermediateDirectories: false)
    }
    for name in ["copies-left/copy", "copies-left/copy-wal", "others-left/copy", "copies-file"] {
      try write(parent + "/" + name)
    }
    try FileManager.default.createSymbolicLink(
      atPath: parent + "/copies-link", withDestinationPath: parent + "/others-left")
    let folder = try TemporaryFolder(kind, in: parent)
    let left = try names().map { parent + "/" + $0 }
    #expect(
      Set(left)
        == Set(
          [used.path, folder.path] + ["others-left", "copies-file", "copies-link"].map { parent + "/" + $0 }))
    #expect(FileManager.default.fileExists(atPath: used.path + "/copy"))
    #expect(FileManager.default.fileExists(atPath: parent + "/others-left/copy"))
  }

  @Test func `a folder that holds anything else is not emptied of it`() throws {
    defer { finish() }
    let folder = try TemporaryFolder(kind, in: parent)
    try write(folder.path + "/other")
    folder.remove()
    #expect(FileManager.default.fileExists(atPath: folder.path + "/other"))
  }
}
