#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import LetterlockRelayKit
internal import TLSCodec

/// Sealed attachments.
extension EndpointCall {
  func answerAboutBlobs() async throws(HTTPProblem) -> EndpointAnswer {
    switch admission.operation {
    case .blobs: return try await blobs()
    case .removeBlobs: return try await removeBlobs()
    default: break
    }
    guard let blob = admission.blob else { throw .unknownOperation }
    switch admission.operation {
    case .beginBlob: return try await beginBlob(blob)
    case .writeBlob: return try await writeBlob(blob)
    case .blob:
      return EndpointAnswer(
        try await ask { () throws(RelayError) in try await relay.blob(blob, of: account, as: caller) })
    default: return try await readBlob(blob)
    }
  }

  private func beginBlob(_ blob: BlobID) async throws(HTTPProblem) -> EndpointAnswer {
    let upload: BlobUpload = try body()
    guard upload.blob == blob else { throw .malformed }
    return EndpointAnswer(
      try await ask { () throws(RelayError) in try await relay.beginBlob(upload, of: account, as: caller) })
  }

  private func writeBlob(_ blob: BlobID) async throws(HTTPProblem) -> EndpointAnswer {
    let offset = try query().number("offset")
    try await ask { () throws(RelayError) in
      try await relay.writeBlob(blob, of: account, at: offset, request.body, as: caller)
    }
    return .done
  }

  private func blobs() async throws(HTTPProblem) -> EndpointAnswer {
    var after: BlobID?
    if let text = try query().text("after") {
      guard let bytes = Hex.decode(text), let blob = try? BlobID(bytes: bytes) else { throw .malformed }
      after = blob
    }
    let listed = try await ask { () throws(RelayError) in
      try await relay.blobs(of: account, after: after, as: caller)
    }
    return EndpointAnswer(listed.map(ListedBlob.init))
  }

  private func removeBlobs() async throws(HTTPProblem) -> EndpointAnswer {
    let removal: BlobRemoval = try body()
    try await ask { () throws(RelayError) in
      try await relay.removeBlobs(removal, of: account, as: caller)
    }
    return .done
  }

  /// The bytes that were asked for, or all, as they are read. RFC 9110 section 14.
  private func readBlob(_ blob: BlobID) async throws(HTTPProblem) -> EndpointAnswer {
    let upload = try await ask { () throws(RelayError) in try await relay.blob(blob, of: account, as: caller)
    }
    guard let upload else { throw .relay(.unknownBlob) }
    let tag = "\"\(upload.digest)\""
    if request.fields["If-None-Match"] == tag { return withTag(tag, EndpointAnswer(blobStatus: 304)) }
    var range = request.fields["Range"].flatMap(ByteRange.init)
    if let condition = request.fields["If-Range"], condition != tag { range = nil }
    guard let range else {
      let whole = try await bytes(of: upload, from: 0, to: upload.byteCount, status: 200)
      return withTag(tag, whole)
    }
    guard range.first < upload.byteCount else {
      var answer = EndpointAnswer(blobStatus: 416)
      answer.fields["Content-Range"] = "bytes */\(upload.byteCount)"
      return withTag(tag, answer)
    }
    let last = min(range.last ?? .max, upload.byteCount - 1)
    var answer = try await bytes(of: upload, from: range.first, to: last + 1, status: 206)
    answer.fields["Content-Range"] = "bytes \(range.first)-\(last)/\(upload.byteCount)"
    return withTag(tag, answer)
  }

  private func withTag(_ tag: String, _ answer: EndpointAnswer) -> EndpointAnswer {
    var answer = answer
    answer.fields["ETag"] = tag
    answer.fields["Accept-Ranges"] = "bytes"
    return answer
  }

  /// Bytes in pieces, of which the first is read before the answer begins, so that what is refused is told.
  private func bytes(
    of upload: BlobUpload, from start: UInt64, to end: UInt64, status: Int
  ) async throws(HTTPProblem) -> EndpointAnswer {
    let reader = BlobPieces(relay: relay, upload: upload, account: account, caller: caller, end: end)
    let first = try await ask { () throws(RelayError) in try await reader.piece(at: start) }
    return EndpointAnswer(
      status: status, byteCount: Int(clamping: end - start),
      RelayHTTPBody(BlobPieces.Rest(reader: reader, first: first, start: start)))
  }
}

/// An attachment's bytes up to a place, read piece by piece.
private struct BlobPieces: Sendable {
  let relay: any ServedRelay
  let upload: BlobUpload
  let account: AccountID
  let caller: RelayCaller
  let end: UInt64

  /// At most this many bytes are in memory for each answer.
  private static let byteCount: UInt64 = 1 << 20

  func piece(at offset: UInt64) async throws(RelayError) -> [UInt8] {
    guard offset < end else { return [] }
    let wanted = Int(min(Self.byteCount, end - offset))
    let bytes = try await relay.readBlob(
      upload.blob, of: account, at: offset, byteCount: wanted, as: caller)
    guard bytes.count == wanted else { throw .unavailable("The attachment was replaced meanwhile.") }
    return bytes
  }

  /// The first piece, and those after it.
  struct Rest: AsyncSequence, AsyncIteratorProtocol, Sendable {
    let reader: BlobPieces
    var first: [UInt8]?
    var offset: UInt64

    init(reader: BlobPieces, first: [UInt8], start: UInt64) {
      (self.reader, self.first, offset) = (reader, first, start)
    }

    func makeAsyncIterator() -> Rest { self }

    mutating func next() async throws -> [UInt8]? {
      let piece: [UInt8]
      if let ready = first { piece = ready } else { piece = try await reader.piece(at: offset) }
      first = nil
      offset += UInt64(piece.count)
      return piece.isEmpty ? nil : piece
    }
  }
}
#endif
