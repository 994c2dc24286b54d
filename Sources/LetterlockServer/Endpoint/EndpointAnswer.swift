#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import TLSCodec

/// What an endpoint answers: a head, and a body.
struct EndpointAnswer: Sendable {
  let status: Int
  var fields = HTTPFieldList()
  /// How many bytes the body has; nil if it goes on until either side ends it.
  let byteCount: Int?
  let body: RelayHTTPBody

  /// Nothing to tell but that it was done.
  static var done: EndpointAnswer { EndpointAnswer(status: 204) }

  private init(status: Int) { (self.status, byteCount, body) = (status, 0, RelayHTTPBody([])) }

  private init(status: Int, _ bytes: [UInt8], _ mediaType: String) {
    (self.status, byteCount, body) = (status, bytes.count, RelayHTTPBody(bytes))
    fields["Content-Type"] = mediaType
  }

  /// A structure.
  init(_ value: some TLSCodable) { self.init(status: 200, value.encoded, RelayOperation.mediaType) }

  /// Bytes as they are, in the presentation language.
  init(encoded bytes: [UInt8]) { self.init(status: 200, bytes, RelayOperation.mediaType) }

  /// Why there is none.
  init(_ problem: HTTPProblem) {
    self.init(status: problem.status, ProblemDetails.body(of: problem), ProblemDetails.mediaType)
    if case .staleChallenge = problem { fields["WWW-Authenticate"] = "Letterlock" }
    if let seconds = problem.retryAfterSeconds { fields["Retry-After"] = "\(seconds)" }
  }

  /// Bytes of an attachment.
  init(status: Int, byteCount: Int, _ body: RelayHTTPBody) {
    (self.status, self.byteCount, self.body) = (status, byteCount, body)
    fields["Content-Type"] = RelayOperation.bytesMediaType
  }

  /// Events.
  init(events body: RelayHTTPBody) {
    (status, byteCount, self.body) = (200, nil, body)
    fields["Content-Type"] = AccountEvents.mediaType
  }

  /// A status about an attachment, without its bytes.
  init(blobStatus status: Int) { self.init(status: status) }
}
#endif
