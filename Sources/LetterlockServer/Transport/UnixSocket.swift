#if Server
internal import Foundation
internal import NIOCore
internal import NIOPosix

/// The file of a Unix socket.
struct UnixSocket: Sendable {
  let path: String

  /// Whether a file, a link or a folder stands there; nil if nothing does.
  private var kind: FileAttributeType? {
    (try? FileManager.default.attributesOfItem(atPath: path)[.type]) as? FileAttributeType
  }

  /// Makes sure that the place is free, or that nobody answers at the socket that is there: one left over by a server
  /// that was killed, which binding replaces.
  func claim() async throws(RelayServerError) {
    guard let kind else { return }
    guard kind == .typeSocket else {
      throw RelayServerError("\(path) is there, and is no socket: it is left as it is.")
    }
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    do {
      try await bootstrap.connect(unixDomainSocketPath: path).get().close(promise: nil)
    } catch let error as IOError where error.errnoCode == ECONNREFUSED {
      return
    } catch {
      throw RelayServerError("It cannot be seen whether anybody listens at \(path): \(error)")
    }
    throw RelayServerError("Another server listens at \(path).")
  }

  /// Lets the owner and the group connect, and nobody else.
  func restrict() throws(RelayServerError) {
    do { try FileManager.default.setAttributes([.posixPermissions: 0o660], ofItemAtPath: path) } catch {
      throw RelayServerError("The mode of \(path) cannot be set: \(error)")
    }
  }
}

/// Why a server does not run.
public struct RelayServerError: Error, CustomStringConvertible {
  /// What is wrong, for whoever runs it.
  public let description: String

  init(_ description: String) { self.description = description }
}
#endif
