#if Tool
import Foundation
import Letterlock
#if HTTP
import LetterlockHTTP
#endif
import LetterlockSQLite

/// A relay that a person named: a file, or a server behind a URL.
enum OpenedRelay: Sendable {
  case file(SQLiteRelay)
  case server(any Relay)

  /// What a device talks to.
  var relay: any Relay {
    switch self {
    case .file(let relay): relay
    case .server(let relay): relay
    }
  }

  /// The relay in a file; nil if it is a server's.
  var file: SQLiteRelay? {
    guard case .file(let relay) = self else { return nil }
    return relay
  }

  /// Whether a name is a server's URL.
  static func isURL(_ name: String) -> Bool {
    ["http://", "https://"].contains { name.lowercased().hasPrefix($0) }
  }

  /// Whether a name is a URL of a server behind TLS.
  static func isHTTPS(_ name: String) -> Bool { name.lowercased().hasPrefix("https://") }

  /// The server at a URL, and the token that lets make an account there, if it asks for one.
  static func server(at place: RelayPlace, registrationToken: [UInt8]? = nil) throws -> OpenedRelay {
    #if HTTP
    let name = place.name
    guard let url = URL(string: name) else { throw ToolError("\(name) is not the URL of a relay.") }
    do throws(RelayError) {
      return .server(
        try HTTPRelay(url: url, trusting: place.authorities, registrationToken: registrationToken))
    } catch {
      throw ToolError("\(name) cannot be used as the URL of a relay: \(error.reason.asPart).")
    }
    #else
    throw ToolError("This letterlock knows no relay over HTTP: build it with --traits Tool,HTTP.")
    #endif
  }
}
#endif
