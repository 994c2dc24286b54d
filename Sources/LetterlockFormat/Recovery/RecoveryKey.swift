package import CryptoCore

/// 256 random bits that bring everything back when every device is lost. SPEC.md section 8.1.
///
/// It is shown once, as 13 groups of 5 characters; whoever has it can read the whole history.
public struct RecoveryKey: ~Copyable, Sendable {
  /// The 32 bytes.
  package let secret: SecretKey

  /// A new key.
  package init() {
    secret = SecretKey(random: WrittenCode.byteCount)
  }

  /// The key of 32 bytes that are already a secret; nil for any other count.
  package init?(_ secret: SecretKey) {
    guard secret.byteCount == WrittenCode.byteCount else { return nil }
    self.secret = secret
  }

  /// The key of these 32 bytes; nil for any other count. The array is the caller's to wipe.
  package init?(secret: [UInt8]) {
    self.init(SecretKey(copying: secret))
  }

  /// Lends the key's text, which is 13 groups of 5 characters with hyphens, and gives the key up.
  ///
  /// Swift cannot wipe a string: let the text go where the person sees or keeps it, and nowhere else.
  public consuming func reveal<Result, Failure: Error>(
    _ show: (String) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try show(WrittenCode.recoveryKey.text(of: secret))
  }
}

/// Why a text is no recovery key. Groups count from 1.
public enum RecoveryKeyError: Error, Equatable {
  /// It has not 65 characters; `groups` are those that have not 5, if there are 13 groups.
  case wrongLength(characterCount: Int, groups: [Int])
  /// More than 4 characters are wrong; `unreadableGroups` hold some that occur in no recovery key.
  case tooManyWrongCharacters(unreadableGroups: [Int])
}

/// What a text turned out to be.
public enum ParsedRecoveryKey: ~Copyable, Sendable {
  /// Every character was right.
  case exact(RecoveryKey)
  /// Up to 4 characters, in these groups (from 1), were wrong and have been corrected.
  case corrected(RecoveryKey, groups: [Int], characterCount: Int)

  /// The key, whether or not it had to be corrected.
  public consuming func key() -> RecoveryKey {
    switch consume self {
    case .exact(let key): key
    case .corrected(let key, groups: _, characterCount: _): key
    }
  }
}

extension RecoveryKey {
  /// Reads a recovery key as a person types it.
  ///
  /// Case, white space and hyphens do not matter; I and L count as 1, O as 0. SPEC.md section 8.3.
  /// - Throws: `RecoveryKeyError` if the text has the wrong length or more than 4 wrong characters.
  public static func parse(_ text: String) throws(RecoveryKeyError) -> ParsedRecoveryKey {
    let reading: WrittenCode.Reading
    do throws(WrittenCode.Failure) {
      reading = try WrittenCode.recoveryKey.read(text)
    } catch {
      throw RecoveryKeyError(error)
    }
    let key = RecoveryKey(checked: reading.value)
    guard reading.wrongCharacterCount > 0 else { return .exact(key) }
    return .corrected(key, groups: reading.wrongGroups, characterCount: reading.wrongCharacterCount)
  }

  private init(checked secret: SecretKey) {
    self.secret = secret
  }
}

extension RecoveryKeyError {
  fileprivate init(_ failure: WrittenCode.Failure) {
    switch failure {
    case .wrongLength(let characterCount, let groups):
      self = .wrongLength(characterCount: characterCount, groups: groups)
    case .tooManyWrongCharacters(let unreadableGroups):
      self = .tooManyWrongCharacters(unreadableGroups: unreadableGroups)
    }
  }
}
