/// What a message was.
public enum ProcessedMessage: Sendable {
  /// Data of the application.
  case application(ApplicationMessage)
  /// A proposal, which waits for a commit now.
  case proposal(ReceivedProposal)
  /// A commit, which was verified and takes effect with `Group.merge(_:)`.
  case commit(StagedCommit)
}

/// Data that a member sent.
public struct ApplicationMessage: Hashable, Sendable {
  /// The member's place in the epoch of the message.
  public let sender: LeafIndex
  /// The epoch of the message: the current one, or a past one for a message that was late.
  public let epoch: UInt64
  /// The data.
  public let data: [UInt8]
  /// What the sender authenticated with it, and did not encrypt.
  public let authenticatedData: [UInt8]
  /// What that is in the message's epoch.
  let format: AuthenticatedDataFormat
}

/// A proposal that arrived.
public struct ReceivedProposal: Hashable, Sendable {
  /// Who made it.
  public let sender: Sender
  /// The proposal.
  public let proposal: Proposal
  /// By which a commit refers to it.
  public let reference: ProposalRef
  /// What the sender authenticated with it.
  public let authenticatedData: [UInt8]
}
