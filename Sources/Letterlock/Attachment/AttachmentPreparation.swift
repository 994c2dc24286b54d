/// What an app makes of a file before it is sealed: a smaller photo, a preview.
public struct PreparedAttachment: Sendable {
  /// The file to seal.
  public var file: AttachmentSource
  /// A smaller picture of it, sealed as an attachment of its own, so that a device may keep it and let the file go.
  public var preview: AttachmentSource?

  /// A file, and perhaps its preview, whose role is set here.
  public init(file: AttachmentSource, preview: AttachmentSource? = nil) {
    self.file = file
    self.preview = preview
    self.preview?.role = .preview
  }

  var sources: [AttachmentSource] { [file] + (preview.map { [$0] } ?? []) }
}

extension Device {
  /// Seals a message with its files to a conversation, and keeps all of it: it is on disk when the call returns, and
  /// goes to the relay with the next `sync()`.
  ///
  /// - Parameter prepare: an app's hook, called once for each file before it is sealed: it may resize a photo, strip
  ///   where it was taken, or make a preview. What it throws comes out of this call, and nothing is kept.
  /// - Throws: `DeviceError.attachmentUnreadable` if a file cannot be read, `.attachmentChanged` if somebody writes to
  ///   it meanwhile, `.archive` if the message cannot be sealed, `.noStore`, `.store`; and what `prepare` throws.
  public func append(
    _ message: Message, attaching files: [AttachmentSource], to conversation: ConversationID,
    preparing prepare: (AttachmentSource) throws -> PreparedAttachment = { PreparedAttachment(file: $0) }
  ) throws {
    let sources = try files.flatMap { try prepare($0).sources }
    var message = message
    message.conversation = conversation
    try append([ImportedMessage(message: message, attachments: sources)])
  }

  /// Fetches the files that an app wants among those that messages refer to and that are not here, previews first.
  /// Gives their number; what the relay does not have is left out.
  /// - Throws: `DeviceError.relay`, `.noRelay`, `.noStore`, `.store`.
  @discardableResult
  public func download(
    where isWanted: @Sendable (Attachment) -> Bool
  ) async throws(DeviceError) -> Int {
    let store = try neededStore()
    let known = try references().attachments.values.filter(isWanted).sorted {
      ($0.role == .preview ? 0 : 1, $0.byteCount, $0.blob) < (
        $1.role == .preview ? 0 : 1, $1.byteCount, $1.blob
      )
    }
    var count = 0
    for attachment in known {
      let blob = attachment.blob
      guard try Self.storing({ () throws(StoreError) in try store.blob(blob) }) == nil else { continue }
      do throws(DeviceError) { count += try await download([attachment]) } catch {
        guard case .attachmentUnreadable = error else { throw error }
      }
    }
    return count
  }
}
