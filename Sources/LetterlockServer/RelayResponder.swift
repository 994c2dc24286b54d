#if Server
internal import HTTPTypes
internal import Hummingbird
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import NIOCore

/// Brings requests from Hummingbird to an endpoint, and answers back.
struct RelayResponder: HTTPResponder {
  let endpoint: RelayEndpoint

  func respond(to request: Request, context: RelayRequestContext) async throws -> Response {
    let answer: EndpointAnswer
    do throws(HTTPProblem) { answer = try await self.answer(to: request) } catch {
      context.notes.problem = error
      answer = EndpointAnswer(error)
    }
    return Response(endpoint.finished(answer))
  }

  private func answer(to request: Request) async throws(HTTPProblem) -> EndpointAnswer {
    var received = RelayHTTPRequest(head: request.head)
    let admission = try await endpoint.admit(received)
    received.body = try await body(of: request, atMost: admission.operation.maximumBodyByteCount)
    return try await endpoint.answer(to: received, admission)
  }

  private func body(of request: Request, atMost maximum: Int) async throws(HTTPProblem) -> [UInt8] {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maximum {
      throw .relay(.tooLarge)
    }
    var body: [UInt8] = []
    do {
      for try await piece in request.body {
        guard piece.readableBytes <= maximum - body.count else { throw HTTPProblem.relay(.tooLarge) }
        body.append(contentsOf: piece.readableBytesView)
      }
    } catch {
      throw error as? HTTPProblem ?? .malformed
    }
    return body
  }
}

extension RelayHTTPRequest {
  /// The head of a request that arrived.
  fileprivate init(head: HTTPRequest) {
    var fields = HTTPFieldList()
    for field in head.headerFields { fields.append(field.name.rawName, field.value) }
    self.init(method: head.method.rawValue, target: head.path ?? "/", fields: fields, body: [])
    authority = head.authority
  }
}

extension Response {
  fileprivate init(_ answer: EndpointAnswer) {
    var headers = HTTPFields()
    for field in answer.fields.all {
      if let name = HTTPField.Name(field.name) { headers.append(HTTPField(name: name, value: field.value)) }
    }
    self.init(
      status: HTTPResponse.Status(code: answer.status), headers: headers,
      body: answer.byteCount == 0
        ? ResponseBody()
        : ResponseBody(contentLength: answer.byteCount) { writer in
          for try await piece in answer.body { try await writer.write(ByteBuffer(bytes: piece)) }
          try await writer.finish(nil)
        })
  }
}
#endif
