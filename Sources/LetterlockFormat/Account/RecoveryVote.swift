internal import CryptoCore
public import TLSCodec

/// What recovery approvers agree to: who puts which recovery device in place of the present one.
///
/// ```
/// struct {
///   opaque recovery[32];            DeviceID of the present recovery device
///   opaque signer[32];              DeviceID of the recovery approver that makes the entry
///   opaque new_recovery[32];        DeviceID of the new recovery device
///   opaque approvers[32]<V>;        DeviceIDs of those that may vote on the next one, ascending
/// } VoteContent;
/// ```
/// It names no place in the log: votes may take days, and go void only when the recovery device changes.
/// SPEC.md section 3.7.
public struct VoteContent: WireCodable, Hashable, Sendable {
  /// The recovery device that is to go.
  public let recovery: DeviceID
  /// The recovery approver whose entry the vote is for, and no other's.
  public let signer: DeviceID
  /// The recovery device that is to come.
  public let newRecovery: DeviceID
  /// The devices that may vote on the recovery key after that one.
  public let approvers: [DeviceID]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.recovery), field(\.signer), field(\.newRecovery), field(\.approvers))

  package init(recovery: DeviceID, signer: DeviceID, newRecovery: DeviceID, approvers: [DeviceID]) {
    self.recovery = recovery
    self.signer = signer
    self.newRecovery = newRecovery
    self.approvers = approvers
  }
}

/// What a recovery approver asks the other recovery approvers to agree to. It holds no secret: any channel may carry
/// it.
///
/// ```
/// struct {
///   uint8 version;
///   opaque account[32];
///   VoteContent content;
///   opaque signature[3373];         by content.signer, purpose "recovery vote", over VoteContent
/// } RecoveryProposal;
/// ```
/// SPEC.md section 3.7.
public struct RecoveryProposal: WireCodable, Hashable, Sendable {
  let version: FormatVersion
  /// The account whose recovery key is to be replaced.
  public let account: AccountID
  /// Who puts which recovery device in.
  public let content: VoteContent
  package let signature: HybridSignatureBytes

  package init(
    version: FormatVersion, account: AccountID, content: VoteContent, signature: HybridSignatureBytes
  ) {
    self.version = version
    self.account = account
    self.content = content
    self.signature = signature
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.account), field(\.content), field(\.signature))

  /// 20 digits in four groups, which the person carries from the device that proposes to the one that votes: whoever
  /// changes the file on its way, or has another device propose, shows another code. SPEC.md section 3.7.
  public var code: String {
    let hash = Derivation.hash("recovery vote code", account.bytes + content.encoded)
    return (0..<4).map { group in
      let value = hash[5 * group..<5 * group + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      // The leading one keeps the zeros after it.
      return String(String(100_000 + value % 100_000).dropFirst())
    }.joined(separator: " ")
  }

  /// Whether a person's text is the code, however it is spaced.
  package func isConfirmed(by text: String) -> Bool {
    text.filter(\.isNumber) == code.filter(\.isNumber)
  }
}

/// A recovery approver's agreement to a proposal. It holds no secret: any channel may carry it.
///
/// ```
/// struct {
///   uint8 version;
///   opaque account[32];
///   EntrySignature vote;            purpose "recovery vote", over VoteContent
/// } RecoveryVote;
/// ```
/// SPEC.md section 3.7.
public struct RecoveryVote: WireCodable, Hashable, Sendable {
  let version: FormatVersion
  /// The account that the recovery approver belongs to.
  public let account: AccountID
  package let vote: EntrySignature

  package init(version: FormatVersion, account: AccountID, vote: EntrySignature) {
    self.version = version
    self.account = account
    self.vote = vote
  }
  /// The recovery approver.
  public var device: DeviceID { vote.device }

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.version), field(\.account), field(\.vote))
}
