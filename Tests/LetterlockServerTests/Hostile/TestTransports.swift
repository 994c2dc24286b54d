#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import Synchronization

/// Counts requests, so that something can be done at one of them.
final class RequestCounter: Sendable {
  private struct State {
    var count = 0
    var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.count } }

  func add() {
    let met = state.withLock { state in
      state.count += 1
      let met = state.waiters.filter { $0.count <= state.count }
      state.waiters.removeAll { $0.count <= state.count }
      return met.map(\.continuation)
    }
    for continuation in met { continuation.resume() }
  }

  /// Waits for so many requests more.
  func waitForMore(_ number: Int) async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.waiters.append(($0.count + number, continuation)) }
    }
  }
}

/// A transport whose requests are counted when they are sent.
struct CountedTransport: HTTPTransport {
  let base: AsyncHTTPClientTransport
  let counter: RequestCounter

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    counter.add()
    return try await base.response(to: request)
  }
}

/// A transport that fails once for each request, and lets it through when it is made again.
final class LosingTransport: HTTPTransport {
  enum Loss: CaseIterable, Sendable {
    /// The request does not arrive.
    case request
    /// The request is carried out, and nothing comes of the answer.
    case answer
    /// The answer breaks off in the middle of its body.
    case restOfAnswer
  }

  private struct Key: Hashable {
    let method: String
    let target: String
    /// What is signed anew is as long as it was.
    let bodyByteCount: Int
  }

  private let base: AsyncHTTPClientTransport
  private let loss: Loss
  private let seen = Mutex<Set<Key>>([])

  init(_ url: URL, _ loss: Loss) throws {
    base = try AsyncHTTPClientTransport(url: url)
    self.loss = loss
  }

  /// How many requests, or their answers, were lost.
  var lostCount: Int { seen.withLock { $0.count } }

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    let key = Key(method: request.method, target: request.target, bodyByteCount: request.body.count)
    guard seen.withLock({ $0.insert(key).inserted }) else { return try await base.response(to: request) }
    if loss == .request { throw HTTPTransportError("The request is lost.") }
    let response = try await base.response(to: request)
    var body: [UInt8] = []
    do { for try await piece in response.body { body += piece } } catch {
      throw HTTPTransportError("The answer is lost.")
    }
    guard loss == .restOfAnswer else { throw HTTPTransportError("The answer is lost.") }
    let half = Array(body.prefix(body.count / 2))
    let (pieces, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
    if !half.isEmpty { continuation.yield(half) }
    continuation.finish(throwing: HTTPTransportError("The answer breaks off."))
    return RelayHTTPResponse(status: response.status, fields: response.fields, body: RelayHTTPBody(pieces))
  }
}
#endif
