import Foundation
import Testing

@testable import SystemCore

/// A folder of its own for each test, removed afterwards.
private func withFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "crypto-\(UUID())").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(folder)
}

private func mode(_ path: String) throws -> Int {
  let attributes = try FileManager.default.attributesOfItem(atPath: path)
  return try #require(attributes[.posixPermissions] as? Int)
}

@Suite("Durable files")
struct DurableFileTests {
  @Test func `a file that is not there reads as none, and a folder as an error`() throws {
    try withFolder { (folder) throws in
      #expect(try DurableFile.read(folder + "/none") == nil)
      #expect(throws: DurableFileError.self) { try DurableFile.read(folder) }
    }
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000])
  func `what was put in place is read back`(byteCount: Int) throws {
    try withFolder { (folder) throws in
      let bytes = (0..<byteCount).map { _ in UInt8.random(in: 0...255) }
      try DurableFile.replace(folder + "/file", with: bytes)
      #expect(try DurableFile.read(folder + "/file") == bytes)
    }
  }

  @Test func `a shorter file replaces a longer one whole, and leaves nothing beside it`() throws {
    try withFolder { (folder) throws in
      try DurableFile.replace(folder + "/file", with: [UInt8](repeating: 1, count: 1_000))
      try DurableFile.replace(folder + "/file", with: [2])
      #expect(try DurableFile.read(folder + "/file") == [2])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  /// A reader that opened the old file goes on reading it: its bytes are never overwritten.
  @Test func `a reader of the old file reads the old file to its end`() throws {
    try withFolder { (folder) throws in
      try DurableFile.replace(folder + "/file", with: [1, 2, 3, 4])
      let reader = try InputFile(folder + "/file")
      #expect(try reader.next(2) == [1, 2])
      try DurableFile.replace(folder + "/file", with: [5, 6, 7, 8])
      #expect(try reader.next(9) == [3, 4])
      #expect(try reader.next(9) == [])
      #expect(try InputFile(folder + "/file").next(9) == [5, 6, 7, 8])
    }
  }

  @Test func `only the owner may read a file, whoever could read the one before`() throws {
    try withFolder { (folder) throws in
      let path = folder + "/file"
      try DurableFile.replace(path, with: [1])
      #expect(try mode(path) == 0o600)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
      try DurableFile.replace(path, with: [2])
      #expect(try mode(path) == 0o600)
      try DurableFile.createIfAbsent(folder + "/empty")
      #expect(try mode(folder + "/empty") == 0o600)
    }
  }

  @Test func `what a crash left beside the file is not used, and the next update removes it`() throws {
    try withFolder { (folder) throws in
      let path = folder + "/file"
      try DurableFile.replace(path, with: [1])
      try Data([9, 9, 9]).write(to: URL(filePath: path + ".new-left"))
      try Data([7]).write(to: URL(filePath: folder + "/victim"))
      try FileManager.default.createSymbolicLink(
        atPath: path + ".new-link", withDestinationPath: folder + "/victim")
      try DurableFile.update(path) { ($0 ?? []) + [2] }
      #expect(try DurableFile.read(path) == [1, 2] && DurableFile.read(folder + "/victim") == [7])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["file", "victim"])
    }
  }

  @Test func `an update makes the file that is not there, once`() throws {
    try withFolder { (folder) throws in
      let path = folder + "/file"
      try DurableFile.update(path) { present in
        #expect(present == nil)
        return [1]
      }
      #expect(try DurableFile.read(path) == [1] && mode(path) == 0o600)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  struct Refusal: Error, Equatable {}

  @Test func `a refused update changes nothing`() throws {
    try withFolder { (folder) throws in
      let path = folder + "/file"
      try DurableFile.replace(path, with: [1])
      #expect(throws: DurableUpdateError.refused(Refusal())) {
        try DurableFile.update(path) { (_) throws(Refusal) in throw Refusal() }
      }
      #expect(try DurableFile.read(path) == [1])
    }
  }

  @Test func `updates from many threads all count`() throws {
    try withFolder { (folder) throws in
      let path = folder + "/file"
      let numbers = concurrentMap(64, chunkCount: 1) {
      } _: { _, number in
        (try? DurableFile.update(path) { ($0 ?? []) + [UInt8(number)] }) != nil
      }
      #expect(numbers.allSatisfy { $0 })
      #expect(try DurableFile.read(path)?.sorted() == (0..<64).map { UInt8($0) })
    }
  }

  @Test func `an update through a link replaces the file that the link names, in its own folder`() throws {
    try withFolder { (folder) throws in
      let (path, disk) = (folder + "/file", folder + "/disk")
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
      try DurableFile.replace(disk + "/target", with: [1])
      // A link to a link, and one that is relative to its own folder.
      try FileManager.default.createSymbolicLink(atPath: disk + "/link", withDestinationPath: "target")
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: disk + "/link")
      try Data([9]).write(to: URL(filePath: disk + "/target.new-left"))
      try DurableFile.update(path) { ($0 ?? []) + [2] }
      #expect(try DurableFile.read(disk + "/target") == [1, 2] && DurableFile.read(path) == [1, 2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == disk + "/link")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: disk + "/link") == "target")
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk).sorted() == ["link", "target"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["disk", "file"])
      #expect(try mode(disk + "/target") == 0o600)
    }
  }

  @Test func `updates through a link and without it, from many threads, all count`() throws {
    try withFolder { (folder) throws in
      try DurableFile.replace(folder + "/target", with: [])
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: folder + "/target")
      let numbers = concurrentMap(32, chunkCount: 1) {
      } _: { _, number in
        let path = folder + (number % 2 == 0 ? "/link" : "/target")
        return (try? DurableFile.update(path) { ($0 ?? []) + [UInt8(number)] }) != nil
      }
      #expect(numbers.allSatisfy { $0 })
      #expect(try DurableFile.read(folder + "/target")?.sorted() == (0..<32).map { UInt8($0) })
    }
  }

  @Test func `a link whose file is not there is an error, and stays`() throws {
    try withFolder { (folder) throws in
      let path = folder + "/file"
      for target in [folder + "/none", folder + "/unplugged/none"] {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        #expect(throws: DurableFileError.danglingLink) { try DurableFile.read(path) }
        #expect(throws: DurableUpdateError<Never>.file(.danglingLink)) {
          try DurableFile.update(path) { _ in [1] }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
        try FileManager.default.removeItem(atPath: path)
      }
    }
  }

  @Test func `a new file that was removed as a leftover before it had its name is made again`() throws {
    try withFolder { (folder) throws in
      let path = folder + "/file"
      let temporary = try DurableFile.writeTemporary(for: path, [1])
      // Another process makes the file, and one more replaces it and clears up.
      try DurableFile.update(path) { _ in [2] }
      try DurableFile.update(path) { _ in [3] }
      #expect(try !DurableFile.link(temporary, as: path))
      #expect(try DurableFile.read(path) == [3])
      // Even if that file has gone since.
      DurableFile.remove(path)
      #expect(try !DurableFile.link(temporary, as: path))
      try DurableFile.update(path) { ($0 ?? []) + [4] }
      #expect(try DurableFile.read(path) == [4])
    }
  }

  @Test func `first updates from many threads all count`() throws {
    try withFolder { (folder) throws in
      for round in 0..<20 {
        let path = folder + "/file-\(round)"
        let errors = concurrentMap(16, chunkCount: 1) {
        } _: { _, number -> String? in
          do { try DurableFile.update(path) { ($0 ?? []) + [UInt8(number)] } } catch { return "\(error)" }
          return nil
        }
        #expect(errors.compactMap(\.self) == [])
        #expect(try DurableFile.read(path)?.sorted() == (0..<16).map { UInt8($0) })
      }
    }
  }

  @Test func `a failed replacement leaves what was there and nothing else, and says what failed`() throws {
    try withFolder { (folder) throws in
      #expect(throws: DurableFileError.failed("open", code: ENOENT)) {
        try DurableFile.replace(folder + "/none/file", with: [1])
      }
      // A folder in the file's place cannot be replaced by a file.
      let path = folder + "/folder"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      #expect(throws: DurableFileError.failed("rename", code: EISDIR)) {
        try DurableFile.replace(path, with: [1])
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["folder"])
    }
  }

  @Test func `creating if absent keeps what is there`() throws {
    try withFolder { (folder) throws in
      try DurableFile.createIfAbsent(folder + "/file")
      #expect(try DurableFile.read(folder + "/file") == [])
      try DurableFile.replace(folder + "/file", with: [1])
      try DurableFile.createIfAbsent(folder + "/file")
      #expect(try DurableFile.read(folder + "/file") == [1])
      #expect(throws: DurableFileError.failed("open", code: EEXIST)) {
        _ = try DurableFile.createPrivate(folder + "/file")
      }
    }
  }

  @Test func `a missing input file is an error`() {
    #expect(throws: DurableFileError.failed("open", code: ENOENT)) { try InputFile("/nonexistent/file") }
  }
}
