#if Server
internal import HTTPTypes
internal import Hummingbird
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import NIOCore

/// Brings requests from Hummingbird to an endpoint, and answers back, within a server's limits.
struct RelayResponder: HTTPResponder {
  let endpoint: RelayEndpoint
  let limits: ClientLimits

  /// An answer, and what is held for as long as it is sent.
  private struct Prepared {
    var answer: EndpointAnswer
    var room: ByteBudget.Room?
    var ticket: EventStreams.Ticket?
  }

  func respond(to request: Request, context: RelayRequestContext) async throws -> Response {
    let address = limits.countedAddress(context.clientAddress)
    var prepared: Prepared
    do throws(HTTPProblem) { prepared = try await self.answer(to: request, context, address) } catch {
      context.notes.problem = error
      prepared = Prepared(answer: EndpointAnswer(error))
    }
    prepared.answer = endpoint.finished(prepared.answer)
    return Response(prepared.answer, holding: (prepared.room, prepared.ticket))
  }

  private func answer(
    to request: Request, _ context: RelayRequestContext, _ address: ClientAddress?
  ) async throws(HTTPProblem) -> Prepared {
    var received = RelayHTTPRequest(head: request.head)
    let admission = try await admit(received, address)
    let announced = request.headers[.contentLength].flatMap { Int($0) }
    let maximum = admission.operation.maximumBodyByteCount
    guard announced ?? 0 <= maximum else { throw .relay(.tooLarge) }
    try limits.count(admission, byteCount: announced ?? 0, at: address)
    if let answer = endpoint.answer(withoutBodyOf: admission) { return Prepared(answer: answer) }
    let bodyRoom = limits.buffers.room(for: address)
    defer { withExtendedLifetime(bodyRoom) {} }
    received.body = try await body(of: request, atMost: maximum, bodyRoom)
    if announced == nil { limits.countBody(received.body.count, of: admission, at: address) }
    return try await answer(to: received, admission, context, address)
  }

  /// Judges a request by its head, unless its sender was refused too often.
  private func admit(
    _ head: RelayHTTPRequest, _ address: ClientAddress?
  ) async throws(HTTPProblem) -> RelayEndpoint.Admission {
    try limits.checkStranger(at: address, isSigned: head.fields[RequestSignature.fieldName] != nil)
    do throws(HTTPProblem) { return try await endpoint.admit(head) } catch {
      limits.countRefusal(error, at: address)
      throw error
    }
  }

  private func answer(
    to request: RelayHTTPRequest, _ admission: RelayEndpoint.Admission, _ context: RelayRequestContext,
    _ address: ClientAddress?
  ) async throws(HTTPProblem) -> Prepared {
    let room = limits.buffers.room(for: address)
    guard await room.grow(by: admission.operation.likelyAnswerByteCount(to: request)) else {
      throw .relay(.hasNoRoom)
    }
    let answer = try await endpoint.answer(to: request, admission)
    var prepared = Prepared(answer: answer, room: room)
    if admission.operation == .events, let device = admission.caller.device {
      let channel = context.channel
      prepared.ticket = limits.streams.open(admission.account, device) { channel.close(promise: nil) }
    } else if admission.operation != .readBlob {
      room.hold(atLeast: answer.byteCount ?? 0)
    }
    return prepared
  }

  private func body(
    of request: Request, atMost maximum: Int, _ room: ByteBudget.Room
  ) async throws(HTTPProblem) -> [UInt8] {
    var body: [UInt8] = []
    do {
      for try await piece in request.body {
        guard piece.readableBytes <= maximum - body.count else { throw HTTPProblem.relay(.tooLarge) }
        guard await room.grow(by: piece.readableBytes) else {
          throw HTTPProblem.relay(.hasNoRoom)
        }
        body.append(contentsOf: piece.readableBytesView)
      }
    } catch {
      throw error as? HTTPProblem ?? .malformed
    }
    return body
  }
}

extension RelayOperation {
  /// How many bytes an answer is likely to have at most, as far as the request tells. What is more is counted once it is
  /// known.
  fileprivate func likelyAnswerByteCount(to request: RelayHTTPRequest) -> Int {
    switch self {
    case .events: return 0
    case .history:
      let wanted = try? QueryItems(request.query, of: ["from", "bytes"]).number("bytes")
      return min(Int(clamping: wanted ?? 0), RelayLimits.pageByteCount)
    case .newestRecords, .newestStreams, .readBlob, .messages: return 1 << 20
    default: return 1 << 14
    }
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
  /// An answer, and something that is held until it was sent.
  fileprivate init(_ answer: EndpointAnswer, holding held: some Sendable) {
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
          withExtendedLifetime(held) {}
        })
  }
}
#endif
