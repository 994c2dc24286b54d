package import CryptoCore
public import TLSCodec

/// The secrets of one new member, sealed to its key package.
///
/// ```
/// struct {
///   KeyPackageRef new_member;
///   HPKECiphertext encrypted_group_secrets;
/// } EncryptedGroupSecrets;
/// ```
/// RFC 9420 section 12.4.3.1.
public struct EncryptedGroupSecrets: WireCodable, Hashable, Sendable {
  /// The key package.
  public var newMember: KeyPackageRef
  /// The sealed `GroupSecrets`.
  public var encryptedGroupSecrets: HPKECiphertext

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.newMember), field(\.encryptedGroupSecrets))

  package init(newMember: KeyPackageRef, encryptedGroupSecrets: HPKECiphertext) {
    self.newMember = newMember
    self.encryptedGroupSecrets = encryptedGroupSecrets
  }
}

/// What lets clients that were added join.
///
/// ```
/// struct {
///   CipherSuite cipher_suite;
///   EncryptedGroupSecrets secrets<V>;
///   opaque encrypted_group_info<V>;
/// } Welcome;
/// ```
/// RFC 9420 section 12.4.3.1.
public struct Welcome: WireCodable, Hashable, Sendable {
  /// The group's suite.
  public var cipherSuite: CipherSuite
  /// One entry for each new member.
  public var secrets: [EncryptedGroupSecrets]
  /// The `GroupInfo`, encrypted for all of them.
  public var encryptedGroupInfo: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.cipherSuite), field(\.secrets), field(\.encryptedGroupInfo))

  package init(cipherSuite: CipherSuite, secrets: [EncryptedGroupSecrets], encryptedGroupInfo: [UInt8]) {
    self.cipherSuite = cipherSuite
    self.secrets = secrets
    self.encryptedGroupInfo = encryptedGroupInfo
  }
}

/// What a new member needs beyond the GroupInfo.
///
/// ```
/// struct {
///   opaque path_secret<V>;
/// } PathSecret;
///
/// struct {
///   opaque joiner_secret<V>;
///   optional<PathSecret> path_secret;
///   PreSharedKeyID psks<V>;
/// } GroupSecrets;
/// ```
/// RFC 9420 section 12.4.3.1. Its encoding is itself a secret, so it is not `TLSCodable`.
package struct GroupSecrets: Sendable {
  package var joinerSecret: SecretKey
  package var pathSecret: SecretKey?
  package var preSharedKeys: [PreSharedKeyID]

  package init(joinerSecret: SecretKey, pathSecret: SecretKey?, preSharedKeys: [PreSharedKeyID]) {
    self.joinerSecret = joinerSecret
    self.pathSecret = pathSecret
    self.preSharedKeys = preSharedKeys
  }

  /// The encoding.
  package var encoded: SecretKey {
    var parts = [header(of: joinerSecret), joinerSecret]
    if let pathSecret {
      parts += [SecretKey(copying: [1]), header(of: pathSecret), pathSecret]
    } else {
      parts.append(SecretKey(copying: [0]))
    }
    return SecretKey(concatenating: parts + [SecretKey(copying: preSharedKeys.encoded)])
  }

  /// The value that `secret` encodes.
  package init(decoding secret: SecretKey) throws(TLSError) {
    var cursor = SecretCursor(secret)
    joinerSecret = try cursor.readOpaque()
    switch try cursor.readByte() {
    case 0: pathSecret = nil
    case 1: pathSecret = try cursor.readOpaque()
    default: throw .unknownValue
    }
    preSharedKeys = try [PreSharedKeyID](decoding: cursor.rest)
  }

  private func header(of secret: SecretKey) -> SecretKey {
    var writer = TLSWriter()
    writer.write(length: secret.byteCount)
    return SecretKey(copying: writer.bytes)
  }
}

/// Reads an encoding that is secret, without a copy that nobody wipes.
private struct SecretCursor {
  private let secret: SecretKey
  private var offset = 0

  package init(_ secret: SecretKey) { self.secret = secret }

  package mutating func readByte() throws(TLSError) -> UInt8 {
    guard offset < secret.byteCount else { throw .truncated }
    defer { offset += 1 }
    return secret.withBytes { $0.byte(at: offset) }
  }

  /// `opaque value<V>`.
  package mutating func readOpaque() throws(TLSError) -> SecretKey {
    let length = try readLength()
    guard length <= secret.byteCount - offset else { throw .truncated }
    defer { offset += length }
    return secret.slice(offset..<offset + length)
  }

  /// What is left, which is not secret.
  var rest: [UInt8] { secret.withBytes { $0.array(offset..<$0.byteCount) } }

  /// As TLSReader reads it. RFC 9420 section 2.1.2.
  private mutating func readLength() throws(TLSError) -> Int {
    let first = try readByte()
    let byteCount = 1 << Int(first >> 6)
    guard byteCount <= 4 else { throw .nonMinimalLength }
    var length = Int(first & 0x3f)
    for _ in 1..<byteCount { length = length << 8 | Int(try readByte()) }
    guard byteCount == TLSWriter.lengthByteCount(length) else { throw .nonMinimalLength }
    return length
  }
}
