package import LetterlockFormat
internal import TLSCodec

/// An operation of a relay over HTTP, named as the function that it is. SPEC.md section 13.2.
package enum RelayOperation: String, CaseIterable, Sendable {
  case checkpointKey, createAccount, recoveredAccount, logEntries, appendLogEntry, hold, release, wrap, usage
  case eraseAccount, pendingErasure, append, history, newestRecords, newestStreams, takeBack
  case beginBlob, writeBlob, blob, readBlob, blobs, removeBlobs, post, messages, events

  /// The media type of every body in the presentation language.
  package static let mediaType = "application/vnd.letterlock.relay"
  /// The media type of an attachment's bytes.
  package static let bytesMediaType = "application/octet-stream"
  /// The most bytes of an attachment that one request brings.
  package static let partByteCount = 1 << 18

  /// The method of its requests.
  package var method: String {
    switch self {
    case .checkpointKey, .logEntries, .wrap, .usage, .pendingErasure, .history, .newestStreams, .blob,
      .readBlob, .blobs, .events:
      "GET"
    case .hold, .beginBlob: "PUT"
    case .release: "DELETE"
    case .writeBlob: "PATCH"
    default: "POST"
    }
  }

  /// The path of its requests. `{blob}` stands for a BlobID in hexadecimal digits.
  package var path: String {
    switch self {
    case .checkpointKey: "/v1/relay"
    case .createAccount: "/v1/accounts"
    case .recoveredAccount: "/v1/recovery"
    case .logEntries, .appendLogEntry: "/v1/log"
    case .hold, .release: "/v1/hold"
    case .wrap: "/v1/wrap"
    case .usage: "/v1/usage"
    case .eraseAccount, .pendingErasure: "/v1/erasure"
    case .append, .history: "/v1/history"
    case .newestRecords: "/v1/streams/records"
    case .newestStreams: "/v1/streams"
    case .takeBack: "/v1/lost-part"
    case .beginBlob, .writeBlob, .readBlob: "/v1/blobs/{blob}"
    case .blob: "/v1/blobs/{blob}/upload"
    case .blobs: "/v1/blobs"
    case .removeBlobs: "/v1/blob-removals"
    case .post: "/v1/mailbox/post"
    case .messages: "/v1/mailbox/read"
    case .events: "/v1/events"
    }
  }

  /// The media type of its requests' bodies; nil if they have none.
  package var bodyMediaType: String? {
    switch self {
    case .writeBlob: Self.bytesMediaType
    case .hold: nil
    default: method == "GET" || method == "DELETE" ? nil : Self.mediaType
    }
  }

  /// The names in its requests' queries. All must be there, but `after`.
  package var queryNames: Set<String> {
    switch self {
    case .logEntries: ["from"]
    case .wrap: ["epoch"]
    case .history: ["from", "bytes"]
    case .newestStreams: ["before", "limit", "known"]
    case .writeBlob: ["offset"]
    case .blobs: ["after"]
    default: []
    }
  }

  /// Whether it matters who calls. SPEC.md section 13.3.
  package var hasCaller: Bool {
    switch self {
    case .checkpointKey, .createAccount, .post, .messages: false
    default: true
    }
  }

  /// Whether a request brings the caller's keys: the relay's log may not have them, or does not know which to ask.
  package var bringsKeys: Bool { self == .recoveredAccount || self == .takeBack }

  /// The most bytes of a request's body.
  package var maximumBodyByteCount: Int {
    switch self {
    case .createAccount, .appendLogEntry: RelayLimits.entryByteCount + RelayLimits.wrapCount * 4200
    case .append: RelayLimits.batchByteCount + 1 << 16
    case .takeBack: RelayLimits.batchByteCount + 3 * RelayLimits.pageByteCount
    case .writeBlob: Self.partByteCount
    case .post: RelayLimits.messageByteCount + 64
    case .removeBlobs, .newestRecords: 1 << 15
    default: bodyMediaType == nil ? 0 : 1 << 13
    }
  }

  /// The operation that a request asks for, and the attachment that its path names.
  package static func find(
    method: String, path: String
  ) throws(HTTPProblem) -> (operation: RelayOperation, blob: BlobID?) {
    var (template, blob) = (path, BlobID?.none)
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 3, parts[2] == "blobs" {
      guard let bytes = Hex.decode(String(parts[3])), let named = try? BlobID(bytes: bytes),
        Hex.encode(bytes) == parts[3]
      else { throw .unknownOperation }
      blob = named
      template = (parts[..<3] + ["{blob}"] + parts[4...]).joined(separator: "/")
    }
    let here = allCases.filter { $0.path == template }
    guard !here.isEmpty else { throw .unknownOperation }
    guard let found = here.first(where: { $0.method == method }) else { throw .wrongMethod }
    return (found, blob)
  }

  /// The path of a request about an attachment.
  package func path(of blob: BlobID) -> String { path.replacing("{blob}", with: Hex.encode(blob.bytes)) }
}
