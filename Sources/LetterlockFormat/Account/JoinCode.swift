package import CryptoCore

/// What a device that wants to join shows, and an old one scans or has typed in. SPEC.md section 8.3.
///
/// It holds half of the new device's bundle hash, which the relay cannot exchange unnoticed, and a one-time
/// secret, by which the new device knows that whoever answers has seen the code. Show it to nobody else.
public struct JoinCode: Sendable {
  /// The first 16 bytes of the bundle's hash.
  package let bundleHash: [UInt8]
  /// 16 random bytes, used for one joining.
  package let secret: SecretKey

  /// The code of a bundle hash's first 16 bytes and a 16-byte secret.
  package init(bundleHash: [UInt8], secret: SecretKey) {
    self.bundleHash = bundleHash
    self.secret = secret
  }

  /// Reads a code as it was scanned or as a person types it, with up to 4 wrong characters corrected.
  ///
  /// Case, white space and hyphens do not matter; I and L count as 1, O as 0.
  /// - Throws: `JoinCodeError` if the text has the wrong length or more than 4 wrong characters.
  public init(parsing text: String) throws(JoinCodeError) {
    let value: SecretKey
    do throws(WrittenCode.Failure) {
      value = try WrittenCode.joinCode.read(text).value
    } catch {
      throw JoinCodeError(error)
    }
    self.init(value)
  }

  private init(_ bytes: SecretKey) {
    bundleHash = bytes.withBytes { $0.array(0..<16) }
    secret = bytes.slice(16..<32)
  }

  /// The code of 32 bytes; nil if there are more or fewer.
  package init?(bytes: SecretKey) {
    guard bytes.byteCount == 32 else { return nil }
    self.init(bytes)
  }

  /// The first 16 bytes of the bundle hash, then the join secret: 32 bytes.
  package var bytes: SecretKey { SecretKey(concatenating: [SecretKey(copying: bundleHash), secret]) }

  /// 13 groups of 5 characters with hyphens: to be shown, or put into a QR code as it is.
  public var text: String {
    WrittenCode.joinCode.text(of: bytes)
  }
}

extension JoinCode: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// No part of the code, since half of it is a secret.
  public var description: String { "JoinCode(redacted)" }
  /// No part of the code.
  public var debugDescription: String { description }
  /// No part of the code.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is no join code. Groups count from 1.
public enum JoinCodeError: Error, Equatable {
  /// It has not 65 characters; `groups` are those that have not 5, if there are 13 groups.
  case wrongLength(characterCount: Int, groups: [Int])
  /// More than 4 characters are wrong; `unreadableGroups` hold some that occur in no code.
  case tooManyWrongCharacters(unreadableGroups: [Int])

  fileprivate init(_ failure: WrittenCode.Failure) {
    switch failure {
    case .wrongLength(let characterCount, let groups):
      self = .wrongLength(characterCount: characterCount, groups: groups)
    case .tooManyWrongCharacters(let unreadableGroups):
      self = .tooManyWrongCharacters(unreadableGroups: unreadableGroups)
    }
  }
}
