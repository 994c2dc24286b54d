internal import CryptoCore
internal import SystemCore

/// The bytes of a file that is about to be sealed, from the first to the last.
struct SourceReader {
  private let blob: BlobID
  private var source: Source

  private enum Source {
    case file(InputFile)
    case bytes([UInt8])
    case stream(ByteStream.Reader, rest: [UInt8])
  }

  init(_ content: AttachmentSource.Content, blob: BlobID) throws(DeviceError) {
    self.blob = blob
    switch content {
    case .file(let path):
      do { source = .file(try InputFile(path)) } catch { throw .attachmentUnreadable(blob) }
    case .bytes(let bytes): source = .bytes(bytes)
    case .stream(let stream):
      do { source = .stream(try stream.open(), rest: []) } catch { throw .attachmentUnreadable(blob) }
    case .missing, .damaged: throw .attachmentUnreadable(blob)
    }
  }

  /// Fills `output` with the next bytes. Returns how many there were, fewer only at the end.
  mutating func read(into output: inout MutableRawSpan) throws(DeviceError) -> Int {
    do {
      switch source {
      case .file(let file): return try file.read(into: &output)
      case .bytes(let bytes):
        let count = min(bytes.count, output.byteCount)
        output.copy(Array(bytes[..<count]), to: 0)
        source = .bytes(count == bytes.count ? [] : Array(bytes[count...]))
        return count
      case .stream(let reader, var rest):
        var filled = 0
        while filled < output.byteCount {
          guard !rest.isEmpty else {
            guard let part = try reader() else { break }
            rest = part
            continue
          }
          let count = min(rest.count, output.byteCount - filled)
          output.copy(Array(rest[..<count]), to: filled)
          filled += count
          rest.removeFirst(count)
        }
        source = .stream(reader, rest: rest)
        return filled
      }
    } catch { throw .attachmentUnreadable(blob) }
  }

  /// Whether the file is still the one that was opened, as far as can be told.
  var isUnchanged: Bool {
    guard case .file(let file) = source else { return true }
    return file.isUnchanged
  }
}

extension AttachmentSource.Content {
  /// How many bytes there are to seal; nil if they cannot be read to their end. A stream is read for it.
  var byteCount: UInt64? {
    switch self {
    case .file(let path): (try? InputFile(path)).map { UInt64(clamping: $0.byteCount) }
    case .bytes(let bytes): UInt64(bytes.count)
    case .stream(let stream): try? stream.byteCount()
    case .missing, .damaged: nil
    }
  }
}

extension ByteStream {
  fileprivate func byteCount() throws -> UInt64 {
    let read = try open()
    var byteCount: UInt64 = 0
    while let part = try read() { byteCount += UInt64(part.count) }
    return byteCount
  }
}

/// Bytes that are read only when they are needed, and never kept as a whole.
public struct ByteStream: Sendable {
  /// Returns the next bytes; nil at the end.
  public typealias Reader = () throws -> [UInt8]?

  /// Begins to read from the start.
  public let open: @Sendable () throws -> Reader

  /// Bytes that `open` begins to read, each time from the start.
  public init(open: @escaping @Sendable () throws -> Reader) { self.open = open }
}
