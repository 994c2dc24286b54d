public import TLSCodec

/// What electors agree to: who puts which recovery device in place of the present one.
///
/// ```
/// struct {
///   opaque recovery[32];            DeviceID of the present recovery device
///   opaque signer[32];              DeviceID of the elector that makes the entry
///   opaque new_recovery[32];        DeviceID of the new recovery device
/// } VoteContent;
/// ```
/// It names no place in the log: votes may take days, and go void only when the recovery device changes.
/// SPEC.md section 3.7.
public struct VoteContent: WireCodable, Hashable, Sendable {
  /// The recovery device that is to go.
  public let recovery: DeviceID
  /// The elector whose entry the vote is for, and no other's.
  public let signer: DeviceID
  /// The recovery device that is to come.
  public let newRecovery: DeviceID

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.recovery), field(\.signer), field(\.newRecovery))

  package init(recovery: DeviceID, signer: DeviceID, newRecovery: DeviceID) {
    self.recovery = recovery
    self.signer = signer
    self.newRecovery = newRecovery
  }
}

/// What an elector asks the other electors to agree to. It holds no secret: any channel may carry it.
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
  let signature: HybridSignatureBytes

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.account), field(\.content), field(\.signature))
}

/// An elector's agreement to a proposal. It holds no secret: any channel may carry it.
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
  /// The account that the elector belongs to.
  public let account: AccountID
  let vote: EntrySignature
  /// The elector.
  public var device: DeviceID { vote.device }

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.version), field(\.account), field(\.vote))
}
