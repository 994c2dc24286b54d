public import Letterlock

/// Checks that an implementation of `DeviceStore` keeps the protocol's contract.
///
/// ```swift
/// let suite = DeviceStoreConformance {
///   let folder = try TemporaryFolder()
///   return .init { try MyStore(path: folder.path + "/store") }
/// }
/// #expect(suite.run() == [])
/// ```
///
/// What it cannot check is that nothing is half-done when the process or the power goes at any point: an
/// implementer does that with a process of their own that is killed.
public struct DeviceStoreConformance: Sendable {
  /// Where one store is kept. Each place begins empty.
  public struct Place {
    let open: () throws -> any DeviceStore
    let storedBytes: (() throws -> [[UInt8]])?

    /// Creates a place.
    /// - Parameters:
    ///   - storedBytes: returns the content of every file of the store; nil if there are none to be read.
    ///   - open: opens the store at this place. The suite has let go of the store that an earlier call
    ///     returned, and expects to find everything that it kept.
    public init(
      storedBytes: (() throws -> [[UInt8]])? = nil, open: @escaping () throws -> any DeviceStore
    ) {
      self.open = open
      self.storedBytes = storedBytes
    }
  }

  /// A rule of the contract.
  public enum Rule: String, CaseIterable, Sendable {
    case newStore = "a new store is empty"
    case progress = "progress is what the last call kept"
    case replacing = "progress replaces the one that the call names, and no other"
    case outboxOrder = "the outbox returns records in the order they were added"
    case outboxBytes = "the outbox returns no more bytes than asked for, but one record at least"
    case outboxPlaces = "a place in the outbox is never used twice"
    case resealing = "resealing replaces records in their places"
    case staging = "a staged signed batch is kept with its progress until it is replaced"
    case committing = "a commit clears the outbox up to the given place and stages the next signed batch"
    case batchOrder = "batches come back in the history's order"
    case missingRecords = "a record that is missing stays missing in its place"
    case erasing = "a commit removes the records that its batches erase"
    case filling = "filling puts records where none were, and nowhere else"
    case recordsByLeaf = "records come back in the order of the leaf indices that were asked for"
    case refusedCommit = "a commit that cannot be whole changes nothing"
    case values = "a value is what was last put at its key"
    case keyOrder = "keys are ordered byte by byte"
    case ranges = "a range holds the keys from its lower bound up to its upper bound"
    case rangeLimits = "a range is read from either end, up to a limit"
    case changeOrder = "changes apply one after the other"
    case rangeRemoval = "removing a range removes its keys and no other"
    case requirements = "a call that requires another value than the one that is there changes nothing"
    case accompanyingChanges = "changes of the key space are kept with the call that they belong to"
    case largeSpace = "a large key space is kept whole"
    case purging = "a purge wipes what was removed and keeps the rest"
    case smallBlobs = "a small attachment is there when the call returns"
    case largeBlobs = "a large attachment is written in any order, and is there once it is finished"
    case uploads = "a complete attachment waits until it is uploaded"
    case downloads = "a download goes on where it was, unless it is another file's"
    case unfinishedBlobs = "only attachments whose sealing was not finished are cleaned up"
    case removedBlobs = "an attachment that was removed is gone"
    case concurrentCalls = "calls from several threads lose nothing"
  }

  private let makePlace: @Sendable () throws -> Place

  /// Creates the suite.
  /// - Parameter makePlace: makes a place for a new store, once for each rule.
  public init(_ makePlace: @escaping @Sendable () throws -> Place) { self.makePlace = makePlace }

  /// Checks every rule. An implementation that keeps the contract has no finding.
  public func run() -> [ConformanceFinding] { Rule.allCases.flatMap(run) }

  /// Checks one rule.
  public func run(_ rule: Rule) -> [ConformanceFinding] {
    do {
      let check = StoreCheck(rule, try makePlace())
      do { try rule.run(check) } catch { check.fail("A call throws an error: \(error)") }
      return check.findings
    } catch {
      return [ConformanceFinding(rule: rule.rawValue, sentence: "No place can be made: \(error)")]
    }
  }
}

extension DeviceStoreConformance.Rule {
  fileprivate func run(_ check: StoreCheck) throws {
    switch self {
    case .newStore: try check.newStore()
    case .progress: try check.progress()
    case .replacing: try check.replacing()
    case .outboxOrder: try check.outboxOrder()
    case .outboxBytes: try check.outboxBytes()
    case .outboxPlaces: try check.outboxPlaces()
    case .resealing: try check.resealing()
    case .staging: try check.staging()
    case .committing: try check.committing()
    case .batchOrder: try check.batchOrder()
    case .missingRecords: try check.missingRecords()
    case .erasing: try check.erasing()
    case .filling: try check.filling()
    case .recordsByLeaf: try check.recordsByLeaf()
    case .refusedCommit: try check.refusedCommit()
    case .values: try check.values()
    case .keyOrder: try check.keyOrder()
    case .ranges: try check.ranges()
    case .rangeLimits: try check.rangeLimits()
    case .changeOrder: try check.changeOrder()
    case .rangeRemoval: try check.rangeRemoval()
    case .requirements: try check.requirements()
    case .accompanyingChanges: try check.accompanyingChanges()
    case .largeSpace: try check.largeSpace()
    case .purging: try check.purging()
    case .smallBlobs: try check.smallBlobs()
    case .largeBlobs: try check.largeBlobs()
    case .uploads: try check.uploads()
    case .downloads: try check.downloads()
    case .unfinishedBlobs: try check.unfinishedBlobs()
    case .removedBlobs: try check.removedBlobs()
    case .concurrentCalls: try check.concurrentCalls()
    }
  }
}
