#if HTTP && Server
import Foundation
import LetterlockFormat

/// The real `letterlock-relay serve` on one store, which can be killed and started again at the same address.
final class RelayProcess {
  private var process: Process?
  private let store: String
  /// A folder that is a small disk of its own for the process, of so many bytes.
  private let disk: (folder: String, size: String)?
  private(set) var url: URL

  init(store: String, onDisk disk: (folder: String, size: String)? = nil) throws {
    (self.store, self.disk) = (store, disk)
    url = URL(fileURLWithPath: "/")
    try start()
  }

  deinit { kill() }

  /// Starts it. Returns when it takes connections.
  func start() throws {
    let process = Process()
    let listen = url.port.map { "127.0.0.1:\($0)" } ?? "127.0.0.1:0"
    let command = [try Self.executable.path, "serve", "--listen", listen, "--store", "sqlite:\(store)"]
    if let disk {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
      let mount = "mount -t tmpfs -o size=\(disk.size) none \(disk.folder) && exec \"$@\""
      process.arguments = ["-m", "sh", "-c", mount, "sh"] + command
    } else {
      process.executableURL = URL(fileURLWithPath: command[0])
      process.arguments = Array(command.dropFirst())
    }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    self.process = process
    var text = ""
    while !text.hasSuffix("\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw RelayError.unavailable("The server did not start.") }
      text += String(decoding: data, as: UTF8.self)
    }
    let address = text.dropFirst("Listening on ".count).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let url = URL(string: address) else { throw RelayError.unavailable(text) }
    self.url = url
  }

  /// Ends it as a loss of power would.
  func kill() {
    guard let process else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    self.process = nil
  }

  /// Tells it to end. Returns its exit code.
  func stop() -> Int32 {
    process?.terminate()
    process?.waitUntilExit()
    defer { process = nil }
    return process?.terminationStatus ?? -1
  }

  /// Makes room on its disk.
  func grow(to size: String) throws {
    guard let process, let disk else { return }
    let arguments = [
      "-t", "\(process.processIdentifier)", "-m", "mount", "-o", "remount,size=\(size)", disk.folder,
    ]
    let mount = try Process.run(URL(fileURLWithPath: "/usr/bin/nsenter"), arguments: arguments)
    mount.waitUntilExit()
    guard mount.terminationStatus == 0 else { throw RelayError.unavailable("The disk stays small.") }
  }

  /// Whether this machine lets a test mount what it needs.
  static let canMount: Bool = {
    let script = "unshare -m sh -c 'mount -t tmpfs none /mnt' && command -v nsenter"
    let test = try? Process.run(URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", script])
    test?.waitUntilExit()
    return test?.terminationStatus == 0
  }()

  /// The command lies beside the tests.
  private static var executable: URL {
    get throws {
      let start = URL(fileURLWithPath: CommandLine.arguments[0])
      for place in [Bundle.main.bundleURL, start] + Bundle.allBundles.map(\.bundleURL) {
        var folder = place
        for _ in 0..<5 {
          let candidate = folder.appendingPathComponent("letterlock-relay")
          let isFile = (try? candidate.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile
          if isFile == true { return candidate }
          folder.deleteLastPathComponent()
        }
      }
      throw CocoaError(.fileNoSuchFile)
    }
  }
}
#endif
