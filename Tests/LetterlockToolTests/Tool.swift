import Foundation

/// The `letterlock` executable, run as a process of its own, and a folder that is gone when the test is.
final class Tool: Sendable {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/letterlock-tool-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { folder + "/" + name }

  /// What a run left.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs to the end.
  @discardableResult
  func run(_ arguments: String...) throws -> Outcome {
    let (process, output, errors) = try start(arguments)
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try text(of: output), errors: try text(of: errors))
  }

  /// Starts, and leaves the rest to the caller. Output goes to files, so that nothing waits for a reader.
  func start(_ arguments: [String]) throws -> (process: Process, output: String, errors: String) {
    let process = Process()
    process.executableURL = try Self.executable()
    process.arguments = arguments
    let name = path(UUID().uuidString)
    for suffix in [".out", ".err"] {
      _ = FileManager.default.createFile(atPath: name + suffix, contents: nil)
    }
    process.standardOutput = FileHandle(forWritingAtPath: name + ".out")
    process.standardError = FileHandle(forWritingAtPath: name + ".err")
    try process.run()
    return (process, name + ".out", name + ".err")
  }

  private func text(of file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }

  /// Beside the test bundle, wherever that is.
  private static func executable() throws -> URL {
    let places = [Bundle.main.bundleURL, URL(fileURLWithPath: CommandLine.arguments[0])]
    for place in places + Bundle.allBundles.map(\.bundleURL) {
      var folder = place
      for _ in 0..<4 {
        let candidate = folder.appendingPathComponent("letterlock")
        let isFile = try? candidate.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile
        if isFile == true { return candidate }
        folder.deleteLastPathComponent()
      }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}

/// A backup of an Android phone, whose every text and number can be recognised.
struct Backup {
  let count: Int

  func text(_ index: Int) -> String { "Recognisable text number \(index) & more of it" }
  func number(_ index: Int) -> String { "+1555010\(1000 + index % 7)" }
  /// An MMS every ninth message, with a picture.
  func isMMS(_ index: Int) -> Bool { index % 9 == 8 }
  func picture(_ index: Int) -> [UInt8] { (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) } }

  var xml: String {
    var xml = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"\(count)\">\n"
    for index in 0..<count {
      let (date, number) = (1_577_836_800_000 + index * 60_000, number(index))
      let body = text(index).replacingOccurrences(of: "&", with: "&amp;")
      if isMMS(index) {
        let data = Data(picture(index)).base64EncodedString()
        xml += """
          <mms date="\(date)" msg_box="1" address="\(number)" m_type="132"><parts>
          <part seq="0" ct="text/plain" name="null" text="\(body)" />
          <part seq="1" ct="image/jpeg" name="Recognisable.jpg" data="\(data)" /></parts>
          <addrs><addr address="\(number)" type="137" charset="106" /></addrs></mms>\n
          """
      } else {
        xml += """
          <sms protocol="0" address="\(number)" date="\(date)" type="\(index % 2 + 1)" body="\(body)" read="1" />\n
          """
      }
    }
    return xml + "</smses>\n"
  }

  func write(to path: String) throws { try xml.write(toFile: path, atomically: true, encoding: .utf8) }
}
