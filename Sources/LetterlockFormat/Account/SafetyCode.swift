public import TLSCodec

/// What one person's device shows as a QR code and the other's scans, instead of comparing digits.
///
/// Beside the accounts it holds how far each device has seen both logs, so that a relay that shows two people
/// two different logs of one account is caught.
///
/// ```
/// struct {
///   uint8 version;
///   opaque own_account[32];
///   opaque own_log_head[32];
///   opaque peer_account[32];
///   opaque peer_log_head[32];
///   optional<Checkpoint> checkpoint;   between two devices of one account only
/// } SafetyCode;
/// ```
/// SPEC.md section 10.9.
public struct SafetyCode: WireCodable, Hashable, Sendable {
  let version: FormatVersion
  /// The account of the device that shows the code.
  public let ownAccount: AccountID
  /// The newest entry of its own log that this device knows.
  public let ownLogHead: LogHead
  /// The account of the person to compare with.
  public let peerAccount: AccountID
  /// The newest entry of that person's log that this device knows.
  public let peerLogHead: LogHead
  /// The newest checkpoint that this device has verified, for another device of the same account. Another person would
  /// learn from it how many messages there are.
  public let checkpoint: Checkpoint?

  /// The code that a device shows.
  /// - Parameter checkpoint: The newest that the device has verified; left out of a code for another account.
  public init(
    ownAccount: AccountID, ownLogHead: LogHead, peerAccount: AccountID, peerLogHead: LogHead,
    checkpoint: Checkpoint? = nil
  ) {
    self.init(
      FormatVersion.newest, ownAccount, ownLogHead, peerAccount, peerLogHead,
      ownAccount == peerAccount ? checkpoint : nil)
  }

  private init(
    _ version: FormatVersion, _ ownAccount: AccountID, _ ownLogHead: LogHead, _ peerAccount: AccountID,
    _ peerLogHead: LogHead, _ checkpoint: Checkpoint?
  ) {
    self.version = version
    self.ownAccount = ownAccount
    self.ownLogHead = ownLogHead
    self.peerAccount = peerAccount
    self.peerLogHead = peerLogHead
    self.checkpoint = checkpoint
  }

  private static func decoded(
    _ version: FormatVersion, _ ownAccount: AccountID, _ ownLogHead: LogHead, _ peerAccount: AccountID,
    _ peerLogHead: LogHead, _ checkpoint: Checkpoint?
  ) throws(TLSError) -> Self {
    guard checkpoint == nil || ownAccount == peerAccount else { throw .invalidValue }
    return Self(version, ownAccount, ownLogHead, peerAccount, peerLogHead, checkpoint)
  }

  /// The fields, in order.
  public static let wire = WireFormat<SafetyCode>(
    checking: Self.decoded, field(\.version), field(\.ownAccount), field(\.ownLogHead), field(\.peerAccount),
    field(\.peerLogHead), field(\.checkpoint))

  /// The digits to compare where no camera is at hand.
  public var number: SafetyNumber { SafetyNumber(ownAccount, peerAccount) }

  /// What scanning showed.
  public enum Comparison: Hashable, Sendable {
    /// Both devices see the same accounts with the same logs.
    case verified
    /// The accounts are right, but one device has seen more of these accounts' logs than the other, or another
    /// log: sync, and scan again. If they still differ, the relay shows two logs.
    case logHeadsDiffer([AccountID])
    /// Both are devices of one account, and one has seen more of its history than the other, or another history: sync,
    /// and scan again. If they still differ, the relay shows two histories.
    case historiesDiffer
    /// The scanned code is about other accounts: somebody may stand between, or it is somebody else's.
    case differentAccounts
  }

  /// Compares this device's own code with the one it scanned from the other person's device.
  public func compare(scanned: SafetyCode) -> Comparison {
    guard scanned.ownAccount == peerAccount, scanned.peerAccount == ownAccount else {
      return .differentAccounts
    }
    var differing: [AccountID] = []
    if scanned.peerLogHead != ownLogHead { differing.append(ownAccount) }
    if scanned.ownLogHead != peerLogHead { differing.append(peerAccount) }
    guard differing.isEmpty else { return .logHeadsDiffer(differing) }
    guard checkpoint?.treeSize == scanned.checkpoint?.treeSize,
      checkpoint?.treeRoot == scanned.checkpoint?.treeRoot
    else { return .historiesDiffer }
    return .verified
  }
}
