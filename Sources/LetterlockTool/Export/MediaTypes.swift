#if Tool
import Foundation

/// The media types of files that are given an extension of their own when they leave an archive. A sender chooses a
/// file's name and its type; neither decides what a browser or a desktop does with the file.
enum MediaTypes {
  /// How a page shows a file.
  enum Showing {
    /// As a picture, with a link.
    case picture
    /// As a link.
    case link
    /// By its name alone.
    case name
  }

  private static let pictures = [
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/avif": "avif",
    "image/bmp": "bmp",
  ]

  private static let others = [
    "image/heic": "heic", "image/heif": "heif", "image/tiff": "tiff", "video/mp4": "mp4",
    "video/quicktime": "mov", "video/3gpp": "3gp", "video/3gpp2": "3g2", "video/webm": "webm",
    "video/x-m4v": "m4v", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/x-m4a": "m4a", "audio/aac": "aac",
    "audio/amr": "amr", "audio/x-caf": "caf", "audio/ogg": "ogg", "audio/wav": "wav", "audio/x-wav": "wav",
    "audio/flac": "flac", "text/plain": "txt", "text/csv": "csv", "text/vcard": "vcf", "text/x-vcard": "vcf",
    "text/calendar": "ics", "application/pdf": "pdf", "application/zip": "zip",
    "application/octet-stream": "bin",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  ]

  /// The extension of a file of a type; `bin` for a type that is not listed.
  static func fileExtension(of mediaType: String) -> String {
    let type = normal(mediaType)
    return pictures[type] ?? others[type] ?? "bin"
  }

  /// How a page shows a file of a type.
  static func showing(_ mediaType: String) -> Showing {
    let type = normal(mediaType)
    if pictures[type] != nil { return .picture }
    return others[type] != nil ? .link : .name
  }

  /// The type of a file that a person adds, by its name.
  static func type(ofFileNamed name: String) -> String {
    let found = NSString(string: name).pathExtension.lowercased()
    let wanted = ["jpeg": "jpg", "tif": "tiff"][found] ?? found
    let all = pictures.merging(others) { first, _ in first }.filter { $0.value == wanted }.keys
    // Some extensions have an old name with "x-", which sorts behind.
    return all.min() ?? "application/octet-stream"
  }

  /// Types are compared without case, and without what stands behind a semicolon.
  private static func normal(_ mediaType: String) -> String {
    let type = mediaType.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
    return type.trimmingCharacters(in: .whitespaces).lowercased()
  }
}
#endif
