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
