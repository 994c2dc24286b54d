/// How a client conducts its groups.
public struct GroupSettings: Hashable, Sendable {
  /// How many past epochs' messages still open. Each keeps keys: none gives the quickest forward secrecy, and
  /// loses messages that arrive after a commit.
  public var keptEpochs: Int
  /// How many resumption keys of past epochs are kept for PreSharedKey proposals.
  public var keptResumptionKeys: Int
  /// How far messages may be out of order.
  public var ratchetLimits: RatchetLimits
  /// Application messages are padded to a multiple of this many bytes; 1 for none.
  public var paddingBlock: Int
  /// How many proposals of one sender wait for a commit; more are refused, so that nobody fills the memory. Members
  /// must agree on it: who refuses a proposal cannot follow a commit that names it.
  public var maximumProposals: Int
  /// The longest lifetime of a leaf that is accepted, in seconds. RFC 9420 section 7.2.
  public var maximumLifetime: UInt64
  /// Whether commits and proposals travel encrypted.
  public var encryptsHandshakes: Bool
  /// Whether a Welcome carries the ratchet tree.
  public var sendsRatchetTree: Bool

  /// Settings: three past epochs, eight resumption keys, padding to 32 bytes, 1,024 proposals of each sender,
  /// lifetimes of 84 days and an hour for clocks that differ.
  public init(
    keptEpochs: Int = 3, keptResumptionKeys: Int = 8, ratchetLimits: RatchetLimits = .default,
    paddingBlock: Int = 32, maximumProposals: Int = 1_024, maximumLifetime: UInt64 = 84 * 86_400 + 3_600,
    encryptsHandshakes: Bool = true, sendsRatchetTree: Bool = true
  ) {
    self.keptEpochs = keptEpochs
    self.keptResumptionKeys = keptResumptionKeys
    self.ratchetLimits = ratchetLimits
    self.paddingBlock = paddingBlock
    self.maximumProposals = maximumProposals
    self.maximumLifetime = maximumLifetime
    self.encryptsHandshakes = encryptsHandshakes
    self.sendsRatchetTree = sendsRatchetTree
  }
}
