#if Tool
import Letterlock
import LetterlockImport

/// Reads a source a page at a time, apart from whoever seals what it holds.
actor ImportReader {
  /// As many messages as go into a few signed batches: what each synchronisation does besides counts for less.
  static let pageCount = 4 * SignedBatch.maximumLeafCount
  /// About as many bytes of text as a page may hold.
  private static let pageByteCount = 32 << 20

  /// Some items, in order.
  struct Page: Sendable {
    var items: [ImportItem] = []
    /// What is known of the conversations; nil if nobody asked the source.
    var profiles: [ConversationProfile]?
    /// How much has been read, from 0 to 1.
    var fractionDone = 0.0
    /// Set in the last page.
    var end: End?
  }

  /// Why there are no more pages.
  enum End: Equatable, Sendable {
    case complete
    case damaged(ImportError)
  }

  private var importer: any MessageImporter
  private let pageCount: Int
  private var isFirst = true

  init(_ importer: sending any MessageImporter, atOnce pageCount: Int = ImportReader.pageCount) {
    self.importer = importer
    self.pageCount = pageCount
  }

  /// The next page: conversations are told in the first one and in the last one, when all are known.
  func page() -> Page {
    var page = Page()
    var byteCount = 0
    do throws(ImportError) {
      if isFirst { page.profiles = try importer.profiles() }
      isFirst = false
      while page.items.count < pageCount, byteCount < Self.pageByteCount, page.end == nil {
        guard let item = try importer.next() else {
          page.end = .complete
          break
        }
        if case .message(let imported) = item {
          byteCount += ArchiveEntry.message(imported.message).encodedByteCount
        }
        page.items.append(item)
      }
      if page.end != nil { page.profiles = try importer.profiles() }
    } catch {
      page.end = .damaged(error)
      if let known = try? importer.profiles() { page.profiles = known }
    }
    page.fractionDone = importer.fractionDone
    return page
  }
}
#endif
