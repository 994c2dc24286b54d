#if HTTP
public import LetterlockHTTPFormat

/// What carries requests to a relay: an HTTP client. `AsyncHTTPClientTransport` is one; an app may write another, over a
/// background session of its platform for instance.
public protocol HTTPTransport: Sendable {
  /// Sends a request, and returns the answer when its head is there.
  ///
  /// The request goes to the server that the transport was made for, with the method, target, fields and body that it
  /// has, not one more and not one less: a device has signed them. The transport follows no redirection, sends no
  /// cookies, keeps nothing in a cache, and neither compresses nor decompresses. If a connection that it kept open is closed
  /// before any byte of an answer came, it sends the request once more over another one.
  ///
  /// The body is read as it arrives: that of a stream of events comes for hours, and ends when the task that reads it is
  /// cancelled.
  /// - Throws: `HTTPTransportError` if there is no answer. The answer's body throws what it likes if it breaks off.
  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse
}

/// Why there is no answer.
public struct HTTPTransportError: Error, Hashable, Sendable {
  /// What went wrong, for people: a sentence.
  public let reason: String

  /// A reason.
  public init(_ reason: String) { self.reason = reason }
}
#endif
