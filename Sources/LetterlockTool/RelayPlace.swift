#if Tool
import ArgumentParser
import Foundation
import Letterlock
import SystemCore

/// Where a relay is: its file, the archive folder that holds it, or its URL.
struct RelayPlace: Sendable {
  /// The file, the folder or the URL.
  let name: String
  /// Of a server: certificates, in PEM, of the authorities that its own must lead to; nil for those of the system.
  let authorities: [UInt8]?

  init(_ name: String, authorities: [UInt8]? = nil) { (self.name, self.authorities) = (name, authorities) }

  /// Reads what an archive's folder keeps: the name in the first line, and certificates after it.
  init(pointer: [UInt8]) {
    let lines = pointer.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
    name = String(decoding: lines.first ?? [], as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    authorities = lines.count == 2 ? Array(lines[1]) : nil
  }

  /// What an archive's folder keeps.
  var pointer: [UInt8] {
    let place =
      OpenedRelay.isURL(name)
      ? name : URL(fileURLWithPath: ArchiveFolder.relayFile(at: name)).standardizedFileURL.path
    return Array((place + "\n").utf8) + (authorities ?? [])
  }
}

/// `--relay-ca-file FILE`, for every command that takes a relay's URL.
struct RelayAuthorityOption: ParsableArguments {
  @Option(
    help: """
      A file with certificates, in PEM, of the authorities that the relay's own must lead to, in place of the system's. \
      The archive remembers them.
      """)
  var relayCaFile: String?

  /// Refuses a file without a URL that it is for.
  func validate(_ relay: String?) throws {
    guard relayCaFile == nil || relay.map(OpenedRelay.isHTTPS) == true else {
      throw ValidationError("--relay-ca-file is for a relay behind an https URL, which --relay names.")
    }
  }

  /// The relay with a name.
  func place(_ name: String) throws -> RelayPlace {
    RelayPlace(name, authorities: try relayCaFile.map { try ReadFile.bytes(of: $0) })
  }
}
#endif
