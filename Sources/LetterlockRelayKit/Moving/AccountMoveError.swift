package import LetterlockFormat
package import SystemCore

/// Why an account was not moved. SPEC.md section 7.9.
package enum AccountMoveError: Error, Hashable, Sendable {
  /// The file is no account that a relay has written.
  case notAccountFile
  /// The file is of another version of the format.
  case otherVersion(UInt8)
  /// The file ends early.
  case truncated
  /// Something in the file is not as it was written; what, as the end of a sentence.
  case damaged(String)
  /// The account pins another checkpoint key than the store's.
  case otherKey
  /// The store has the account already.
  case accountExists
  /// The store has a newer state of the account, which was marked as moved.
  case older
  /// Another import of the account began meanwhile, or something else of it changed.
  case importReplaced
  /// The store has another account of the same recovery key.
  case recoveryKeyTaken
  /// The account breaks a rule; which, as the end of a sentence.
  case refused(String)
  /// The file cannot be read.
  case unreadable
  /// The file cannot be written.
  case output(OutputFileError)
  /// The store failed.
  case relay(RelayError)
}

/// Runs what a store may fail.
func asking<Answer>(
  _ body: () throws(RelayError) -> Answer
) throws(AccountMoveError) -> Answer {
  do throws(RelayError) { return try body() } catch { throw .relay(error) }
}

/// Runs what a store may fail, of which some has another meaning.
func asking<Answer>(
  _ body: () throws(RelayError) -> Answer, mapping meaning: (RelayError) -> AccountMoveError
) throws(AccountMoveError) -> Answer {
  do throws(RelayError) { return try body() } catch { throw meaning(error) }
}
