#if Server
internal import Foundation
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The certificate chain and the key that a server shows, which may be replaced while it runs.
final class TLSCredentials: Sendable {
  private struct State: Sendable {
    /// What connections get from now on.
    var pair: Pair
    /// What was judged last, good or bad: a bad pair is named once.
    var judged: Contents
  }

  private let files: RelayServer.TLSFiles
  private let state: Mutex<State>

  /// Reads a chain and its key.
  /// - Throws: `RelayServerError` if they cannot be read, or do not belong together.
  init(_ files: RelayServer.TLSFiles) throws(RelayServerError) {
    self.files = files
    let contents = Contents(of: files)
    state = Mutex(State(pair: try Pair(contents, from: files), judged: contents))
  }

  /// A configuration in which each connection gets the chain and the key of its time.
  var configuration: TLSConfiguration {
    var configuration = state.withLock(\.pair).configuration
    configuration.sslContextCallback = { [self] _, promise in
      promise.succeed(state.withLock(\.pair).replacement)
    }
    return configuration
  }

  /// Reads the files again. A pair that cannot be used changes nothing.
  /// - Parameter isAsked: Whether to judge again what was judged before.
  /// - Returns: Whether there is a new pair.
  /// - Throws: `RelayServerError` if the pair cannot be used.
  func reload(isAsked: Bool) throws(RelayServerError) -> Bool {
    let contents = Contents(of: files)
    let isNew = state.withLock { state in
      defer { state.judged = contents }
      return state.judged != contents
    }
    guard isNew || isAsked else { return false }
    let pair = try Pair(contents, from: files)
    state.withLock { $0.pair = pair }
    return isNew
  }
}

/// What the two files hold; nil for one that cannot be read.
private struct Contents: Equatable, Sendable {
  let certificateChain: [UInt8]?
  let privateKey: [UInt8]?

  init(of files: RelayServer.TLSFiles) {
    (certificateChain, privateKey) = (
      Self.bytes(of: files.certificateChain), Self.bytes(of: files.privateKey)
    )
  }

  private static func bytes(of path: String) -> [UInt8]? {
    guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20 else { return nil }
    return Array(data)
  }
}

/// A chain and its key.
private struct Pair: Sendable {
  let certificateChain: [NIOSSLCertificateSource]
  let privateKey: NIOSSLPrivateKeySource

  /// The pair that files hold, if a server can show it.
  init(_ contents: Contents, from files: RelayServer.TLSFiles) throws(RelayServerError) {
    guard let chain = contents.certificateChain else { throw .unreadable(files.certificateChain) }
    guard let key = contents.privateKey else { throw .unreadable(files.privateKey) }
    do { certificateChain = try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) } } catch {
      throw RelayServerError("The file \(files.certificateChain) holds no chain of certificates in PEM.")
    }
    do { privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem)) } catch {
      throw RelayServerError("The file \(files.privateKey) holds no private key in PEM.")
    }
    guard !certificateChain.isEmpty, (try? NIOSSLContext(configuration: configuration)) != nil else {
      throw RelayServerError(
        "The key in \(files.privateKey) is not the one of the certificate in \(files.certificateChain).")
    }
  }

  var configuration: TLSConfiguration {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificateChain, privateKey: privateKey)
    configuration.minimumTLSVersion = .tlsv12
    return configuration
  }

  var replacement: NIOSSLContextConfigurationOverride {
    var replacement = NIOSSLContextConfigurationOverride()
    (replacement.certificateChain, replacement.privateKey) = (certificateChain, privateKey)
    return replacement
  }
}

extension RelayServerError {
  fileprivate static func unreadable(_ path: String) -> RelayServerError {
    RelayServerError("The file \(path) cannot be read.")
  }
}
#endif
