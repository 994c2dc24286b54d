public import TLSCodec

/// Why a group did not do what was asked. The group is as it was before.
public enum GroupError: Error, Hashable, Sendable {
  /// Bytes are not the encoding of what they should be.
  case malformed(TLSError)
  /// A key, a signature or a ciphertext is not good.
  case cipherSuite(CipherSuiteError)
  /// A message was not protected, or not taken.
  case protection(MessageProtectionError)
  /// A rule of RFC 9420, or of draft-ietf-mls-extensions, does not hold.
  case invalid(ValidationError)
  /// The message is of another group.
  case wrongGroup
  /// The message is of an epoch that is not here any more, or not yet.
  case wrongEpoch
  /// A Welcome, a GroupInfo or a key package is nothing that a group processes.
  case notForGroups
  /// Proposals wait: a commit must come before application data. RFC 9420 section 12.4.
  case commitRequired
  /// As many proposals of this sender wait as the settings allow: commit them first.
  case tooManyProposals
  /// There is no pending commit to merge.
  case noPendingCommit
  /// A commit of this member is pending: merge or discard it before the next is made.
  case commitPending
  /// The group was re-initialised, or this member was removed: nothing can be sent any more.
  case closed
  /// The component's secret of this epoch was exported already. draft-ietf-mls-extensions, section "Exported Secrets".
  case secretExported(ComponentID)
  /// The leaf names no member.
  case noSuchMember(LeafIndex)
  /// No more members fit.
  case groupTooLarge
  /// The epoch has the last number that there is: none can follow.
  case epochsExhausted
  /// A store failed.
  case storage(String)
  /// What happened cannot happen: a mistake in this library.
  case internalError
}

/// Runs `body`, whose errors become those of a group.
func asGroupError<Result: ~Copyable>(
  _ body: () throws(CipherSuiteError) -> Result
) throws(GroupError) -> Result {
  do throws(CipherSuiteError) { return try body() } catch { throw .cipherSuite(error) }
}

/// Runs `body`, whose errors become those of a group.
func asGroupError<Result: ~Copyable>(
  _ body: () throws(TLSError) -> Result
) throws(GroupError) -> Result {
  do throws(TLSError) { return try body() } catch { throw .malformed(error) }
}

/// Runs `body`, whose errors become those of a group.
func asGroupError<Result: ~Copyable>(
  _ body: () throws(MessageProtectionError) -> Result
) throws(GroupError) -> Result {
  do throws(MessageProtectionError) { return try body() } catch { throw .protection(error) }
}
