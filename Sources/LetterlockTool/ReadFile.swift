#if Tool
import Foundation
import SystemCore

/// Small files that a person names.
enum ReadFile {
  /// More than any of them holds.
  private static let maximumByteCount = 16 << 20
  /// More than any secret has.
  private static let maximumSecretByteCount = 64 << 10

  /// The text of a file for a secret; a pipe is as good as a file.
  static func secret(in path: String, what name: String? = nil) throws -> String {
    let name = name.map { $0 + " " + path } ?? path
    let bytes: [UInt8]?
    do throws(DurableFileError) { bytes = try DurableFile.read(path, upTo: maximumSecretByteCount) } catch {
      throw ToolError(error, reading: name)
    }
    guard let bytes else { throw ToolError(.failed("open", code: ENOENT), reading: name) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ToolError("Cannot read \(name): it holds no text.")
    }
    return text
  }

  /// The bytes of a regular file.
  static func bytes(of path: String) throws -> [UInt8] {
    do throws(DurableFileError) {
      let file = try InputFile(path)
      var bytes: [UInt8] = []
      while true {
        let part = try file.next(65_536)
        guard !part.isEmpty else { return bytes }
        bytes += part
        guard bytes.count <= maximumByteCount else { throw DurableFileError.failed("read", code: EFBIG) }
      }
    } catch { throw ToolError(error, reading: path) }
  }

  /// Whether it is a regular file, or one that is not there: a pipe would be waited for, and a device never ends.
  static func hasAnEnd(_ path: String) -> Bool {
    do throws(DurableFileError) { _ = try InputFile(path) } catch {
      if case .failed("fstat", _) = error { return false }
    }
    return true
  }

  /// Refuses what is no regular file, or cannot be read.
  static func check(_ path: String) throws {
    do throws(DurableFileError) { _ = try InputFile(path) } catch { throw ToolError(error, reading: path) }
  }
}

extension ToolError {
  /// Why a file was not read.
  init(_ error: DurableFileError, reading path: String) {
    switch error {
    case .failed("fstat", ENODEV):
      self.init("Cannot read \(path): it is a device, and neither a file nor a pipe.")
    case .failed("fstat", _): self.init("Cannot read \(path): it is no regular file.")
    case .failed(_, EFBIG): self.init("Cannot read \(path): it is too large.")
    case .failed(_, let code): self.init("Cannot read \(path): \(SystemReason(code)).")
    case .danglingLink:
      self.init("Cannot read \(path): it is a link to a file that is not there. Is its disk in place?")
    }
  }
}
#endif
