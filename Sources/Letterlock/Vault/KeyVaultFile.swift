internal import CryptoCore
internal import TLSCodec

/// One of the two equal copies that a key file holds.
///
/// ```
/// struct {
///   opaque magic[4] = "LLKV";
///   uint8 version;
///   uint8 protection;               0: file permissions alone; 1: Argon2id and XChaCha20-Poly1305
///   select (protection) {
///     case 1: opaque salt[16]; uint32 memory_kib; uint32 passes; opaque nonce[24];
///   };
///   uint64 vault_version;
///   opaque secrets<V>;              with protection 1 encrypted
///   opaque state<V>;
///   opaque digest[32];              SHA-256 of the fields above
/// } KeyVaultCopy;
/// struct { KeyVaultCopy first; KeyVaultCopy second; } KeyVaultFile;
/// ```
/// SPEC.md section 8.4.
struct KeyVaultCopy: Hashable, Sendable {
  static let magic = Array("LLKV".utf8)
  static let digestByteCount = 32

  /// How the secrets are protected.
  enum Protection: Hashable, Sendable {
    case permissions
    case passphrase(PassphraseParameters, nonce: [UInt8])
  }

  var protection: Protection
  var vaultVersion: UInt64
  /// The secrets, encrypted if a passphrase protects them.
  var secrets: [UInt8]
  var state: [UInt8]

  /// What is authenticated with the secrets: everything before the nonce, the vault's version, and the state.
  static func authenticated(
    _ parameters: PassphraseParameters, vaultVersion: UInt64, state: [UInt8]
  ) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(fixed: magic)
    writer.write(FormatVersion.newest)
    writer.write(UInt8(1))
    writer.write(parameters)
    writer.write(vaultVersion)
    writer.write(fixed: state)
    return writer.bytes
  }

  var encoded: [UInt8] {
    var writer = TLSWriter(reserving: state.count + secrets.count + 160)
    writer.write(fixed: Self.magic)
    writer.write(FormatVersion.newest)
    switch protection {
    case .permissions: writer.write(UInt8(0))
    case .passphrase(let parameters, let nonce):
      writer.write(UInt8(1))
      writer.write(parameters)
      writer.write(fixed: nonce)
    }
    writer.write(vaultVersion)
    writer.write(opaque: secrets)
    writer.write(opaque: state)
    return writer.bytes + SHA256Hash.hash(writer.bytes)
  }

  /// Reads the copy at the beginning of `bytes`; nil if there is none that is whole. Returns how long it is.
  static func read(_ bytes: ArraySlice<UInt8>) -> (copy: KeyVaultCopy, byteCount: Int)? {
    guard bytes.starts(with: magic) else { return nil }
    var reader = TLSReader(Array(bytes))
    guard let copy = try? KeyVaultCopy(from: &reader), let digest = try? reader.read(fixed: digestByteCount)
    else {
      return nil
    }
    let byteCount = bytes.count - reader.remaining
    guard digest == SHA256Hash.hash(Array(bytes.prefix(byteCount - digestByteCount))) else { return nil }
    return (copy, byteCount)
  }

  private init(from reader: inout TLSReader) throws(TLSError) {
    guard try reader.read(fixed: 4) == Self.magic else { throw .unknownValue }
    guard try reader.read(UInt8.self) == FormatVersion.newest.rawValue else { throw .unknownValue }
    switch try reader.read(UInt8.self) {
    case 0: protection = .permissions
    case 1:
      let parameters = try PassphraseParameters(from: &reader)
      protection = .passphrase(parameters, nonce: try reader.read(fixed: 24))
    default: throw .unknownValue
    }
    vaultVersion = try reader.read()
    secrets = try reader.readOpaque()
    state = try reader.readOpaque()
  }

  init(protection: Protection, vaultVersion: UInt64, secrets: [UInt8], state: [UInt8]) {
    self.protection = protection
    self.vaultVersion = vaultVersion
    self.secrets = secrets
    self.state = state
  }
}

/// What Argon2id makes a key file's key with.
struct PassphraseParameters: WireCodable, Hashable, Sendable {
  /// 16 random bytes.
  struct Salt: FixedBytes {
    static let byteCount = 16
    let bytes: [UInt8]
    init(unchecked bytes: [UInt8]) { self.bytes = bytes }
  }

  var salt: Salt
  var memoryKiB: UInt32
  var passes: UInt32

  static let wire = WireFormat(Self.init, field(\.salt), field(\.memoryKiB), field(\.passes))

  private static let maximumMemoryKiB: UInt32 = 1 << 21
  private static let maximumPasses: UInt32 = 16

  /// Whether a reader makes a key with them: a file that somebody else made could ask for more than a device has.
  var areBearable: Bool { memoryKiB <= Self.maximumMemoryKiB && passes <= Self.maximumPasses }
}

/// Both copies of a key file.
struct KeyVaultFile: Sendable {
  /// The contents: of two whole copies that differ, the later.
  let copy: KeyVaultCopy
  /// Whether the file is not twice this copy.
  let isDamaged: Bool

  /// - Throws: `VaultError.corrupted` if no copy is whole, `.unknownVersion` if both say that they are of another
  ///   version.
  init(decoding bytes: [UInt8]) throws(VaultError) {
    let first = KeyVaultCopy.read(bytes[...])
    if let first, bytes.count == 2 * first.byteCount, bytes[..<first.byteCount] == bytes[first.byteCount...] {
      (copy, isDamaged) = (first.copy, false)
      return
    }
    let second = Self.second(in: bytes)
    guard let whole = [first?.copy, second].compactMap(\.self).max(by: { $0.vaultVersion < $1.vaultVersion })
    else {
      throw Self.fault(of: bytes)
    }
    (copy, isDamaged) = (whole, true)
  }

  static func encode(_ copy: KeyVaultCopy) -> [UInt8] {
    let bytes = copy.encoded
    return bytes + bytes
  }

  /// The copy that ends the file, wherever it begins: a first copy that is damaged does not tell how long it was.
  private static func second(in bytes: [UInt8]) -> KeyVaultCopy? {
    let half = bytes.count / 2
    let starts =
      [half] + bytes.indices.dropFirst().filter { $0 != half && bytes[$0] == KeyVaultCopy.magic[0] }
    for start in starts {
      guard let found = KeyVaultCopy.read(bytes[start...]), start + found.byteCount == bytes.count else {
        continue
      }
      return found.copy
    }
    return nil
  }

  private static func fault(of bytes: [UInt8]) -> VaultError {
    let headers = [bytes[...], bytes[(bytes.count / 2)...]]
    let versions = headers.compactMap { $0.starts(with: KeyVaultCopy.magic) ? $0.dropFirst(4).first : nil }
    guard versions.count == 2, versions[0] == versions[1], versions[0] != FormatVersion.newest.rawValue else {
      return .corrupted
    }
    return .unknownVersion(versions[0])
  }
}
