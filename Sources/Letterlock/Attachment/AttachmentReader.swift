internal import CryptoCore

/// The bytes of a file that is about to be sealed, part by part.
struct AttachmentReader {
  private static let partByteCount = 1 << 18

  private let blob: BlobID
  private var source: Source

  private enum Source {
    case file(InputFile)
    case bytes([UInt8])
    case stream(ByteStream.Reader)
    case ended
  }

  init(_ content: AttachmentSource.Content, blob: BlobID) throws(DeviceError) {
    self.blob = blob
    switch content {
    case .file(let path):
      do { source = .file(try InputFile(path)) } catch { throw .attachmentUnreadable(blob) }
    case .bytes(let bytes): source = .bytes(bytes)
    case .stream(let stream):
      do { source = .stream(try stream.open()) } catch { throw .attachmentUnreadable(blob) }
    case .missing: throw .attachmentUnreadable(blob)
    }
  }

  /// The next bytes; nil at the end.
  mutating func next() throws(DeviceError) -> [UInt8]? {
    do {
      switch source {
      case .ended: return nil
      case .bytes(let bytes):
        source = .ended
        return bytes.isEmpty ? nil : bytes
      case .file(let file):
        let part = try file.next(Self.partByteCount)
        return part.isEmpty ? nil : part
      case .stream(let reader):
        while let part = try reader() {
          if !part.isEmpty { return part }
        }
        return nil
      }
    } catch { throw .attachmentUnreadable(blob) }
  }
}

/// Bytes that are read only when they are needed, and never kept as a whole.
public struct ByteStream: Sendable {
  /// Gives the next bytes; nil at the end.
  public typealias Reader = () throws -> [UInt8]?

  /// Begins to read from the start.
  public let open: @Sendable () throws -> Reader

  /// Bytes that `open` begins to read, each time from the start.
  public init(open: @escaping @Sendable () throws -> Reader) { self.open = open }
}
