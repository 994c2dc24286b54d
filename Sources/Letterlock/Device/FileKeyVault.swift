internal import CryptoCore
internal import SystemCore
internal import Synchronization
internal import TLSCodec

/// A device's keys in one file: sealed under a passphrase, or protected by the file's permissions alone.
///
/// ```
/// struct {
///   opaque magic[4] = "LLKV";
///   uint8 version;
///   uint8 protection;               0: file permissions; 1: Argon2id and XChaCha20-Poly1305
///   select (protection) {
///     case 1: opaque salt[16]; uint32 memory_kib; uint32 passes; opaque nonce[24];
///   };
///   opaque secrets<V>;              with protection 1 encrypted
///   opaque state<V>;                with protection 1 authenticated
/// } KeyVaultFile;
/// ```
/// SPEC.md section 8.4.
public final class FileKeyVault: KeyVault {
  private let path: String
  private let passphrase: SecretKey?
  /// Argon2id takes a third of a second: its key is held for the vault's life.
  private let derived = Mutex<DerivedKey?>(nil)

  private struct DerivedKey: Sendable {
    let parameters: Parameters
    let key: SecretKey
  }

  private struct Parameters: WireCodable, Hashable, Sendable {
    var salt: Salt
    var memoryKiB: UInt32
    var passes: UInt32

    static let wire = WireFormat(
      Self.init, field(\.salt), field(\.memoryKiB), field(\.passes))

    static let maximumMemoryKiB: UInt32 = 1 << 21
    static let maximumPasses: UInt32 = 16
  }

  struct Salt: FixedBytes {
    static let byteCount = 16
    let bytes: [UInt8]
    init(unchecked bytes: [UInt8]) { self.bytes = bytes }
  }

  private static let magic = Array("LLKV".utf8)

  /// The vault in the file at `path`, which is made on the first save with mode 0600.
  /// - Parameter passphrase: seals the file; nil or empty leaves it to the file's permissions.
  public init(path: String, passphrase: String? = nil) {
    self.path = path
    self.passphrase = passphrase.flatMap { $0.isEmpty ? nil : SecretKey(copying: Array($0.utf8)) }
  }

  /// Whether a passphrase seals the file at `path`; nil if there is no vault.
  public static func isSealed(at path: String) throws(VaultError) -> Bool? {
    guard let bytes = try read(path) else { return nil }
    var reader = TLSReader(bytes)
    return try header(&reader) == .argon2id
  }

  private enum FileProtection: UInt8 {
    case permissions = 0
    case argon2id = 1
  }

  /// What was saved last; nil in a new vault.
  public func load() throws(VaultError) -> VaultContents? {
    guard let bytes = try Self.read(path) else { return nil }
    var reader = TLSReader(bytes)
    switch try Self.header(&reader) {
    case .permissions:
      // Whoever can write the file could put keys of their own in its place, which no passphrase seals.
      guard passphrase == nil else { throw .notSealed }
      return try Self.contents(&reader)
    case .argon2id:
      guard let passphrase else { throw .passphraseNeeded }
      return try openSealed(&reader, passphrase)
    }
  }

  /// Replaces the contents.
  public func save(_ contents: VaultContents) throws(VaultError) {
    var writer = TLSWriter(reserving: contents.state.count + contents.secrets.byteCount + 128)
    writer.write(fixed: Self.magic)
    writer.write(FormatVersion.newest)
    if let passphrase {
      try seal(contents, passphrase, to: &writer)
    } else {
      writer.write(FileProtection.permissions.rawValue)
      writer.write(opaque: contents.secrets.exportRawBytes())
      writer.write(opaque: contents.state)
    }
    do { try DurableFile.replace(path, with: writer.bytes) } catch {
      throw .unavailable("\(path): \(error)")
    }
  }

  private func seal(
    _ contents: VaultContents, _ passphrase: SecretKey, to writer: inout TLSWriter
  ) throws(VaultError) {
    let key: DerivedKey
    if let known = derived.withLock({ $0 }) {
      key = known
    } else {
      let salt = Salt(unchecked: SecureRandom.bytes(16))
      key = try derive(Parameters(salt: salt, memoryKiB: 256 * 1024, passes: 3), passphrase)
      derived.withLock { $0 = key }
    }
    let nonce = SecureRandom.bytes(24)
    writer.write(FileProtection.argon2id.rawValue)
    writer.write(key.parameters)
    let authenticated = writer.bytes + contents.state
    writer.write(fixed: nonce)
    do {
      writer.write(
        opaque: try XChaCha20Poly1305.sealSecret(
          contents.secrets, using: key.key, nonce: nonce, authenticating: authenticated))
    } catch { throw .unavailable("sealing the key file") }
    writer.write(opaque: contents.state)
  }

  private func openSealed(
    _ reader: inout TLSReader, _ passphrase: SecretKey
  ) throws(VaultError) -> VaultContents {
    let parsed: (parameters: Parameters, nonce: [UInt8], secrets: [UInt8], state: [UInt8])
    do throws(TLSError) {
      parsed = (
        try Parameters(from: &reader), try reader.read(fixed: 24), try reader.readOpaque(),
        try reader.readOpaque()
      )
      try reader.finish()
    } catch { throw .corrupted }
    guard parsed.parameters.memoryKiB <= Parameters.maximumMemoryKiB,
      parsed.parameters.passes <= Parameters.maximumPasses
    else { throw .corrupted }
    let key = try derive(parsed.parameters, passphrase)
    var authenticated = TLSWriter()
    authenticated.write(fixed: Self.magic)
    authenticated.write(FormatVersion.newest)
    authenticated.write(FileProtection.argon2id.rawValue)
    authenticated.write(parsed.parameters)
    do {
      let secrets = try XChaCha20Poly1305.openSecret(
        parsed.secrets, using: key.key, nonce: parsed.nonce,
        authenticating: authenticated.bytes + parsed.state)
      // Kept only now: a file that someone else made must not choose the salt and the costs of the next one.
      derived.withLock { $0 = key }
      return VaultContents(secrets: secrets, state: parsed.state)
    } catch { throw .wrongPassphrase }
  }

  private func derive(
    _ parameters: Parameters, _ passphrase: SecretKey
  ) throws(VaultError) -> DerivedKey {
    do {
      return DerivedKey(
        parameters: parameters,
        key: try Argon2id.deriveKey(
          from: passphrase, salt: parameters.salt.bytes, memoryKiB: Int(parameters.memoryKiB),
          passes: Int(parameters.passes), byteCount: 32))
    } catch { throw .unavailable("not enough memory for the passphrase") }
  }

  private static func read(_ path: String) throws(VaultError) -> [UInt8]? {
    do { return try DurableFile.read(path) } catch { throw .unavailable("\(path): \(error)") }
  }

  private static func header(_ reader: inout TLSReader) throws(VaultError) -> FileProtection {
    let (found, version, protection): ([UInt8], UInt8, UInt8)
    do throws(TLSError) {
      (found, version, protection) = (try reader.read(fixed: 4), try reader.read(), try reader.read())
    } catch { throw .corrupted }
    guard found == magic else { throw .corrupted }
    guard version == FormatVersion.newest.rawValue else { throw .unknownVersion(version) }
    guard let protection = FileProtection(rawValue: protection) else { throw .corrupted }
    return protection
  }

  private static func contents(_ reader: inout TLSReader) throws(VaultError) -> VaultContents {
    do throws(TLSError) {
      let secrets = SecretKey(copying: try reader.readOpaque())
      let state = try reader.readOpaque()
      try reader.finish()
      return VaultContents(secrets: secrets, state: state)
    } catch { throw .corrupted }
  }
}

extension KeyVault where Self == FileKeyVault {
  /// The vault in the file at `path`, sealed under `passphrase` if there is one.
  public static func file(at path: String, passphrase: String? = nil) -> FileKeyVault {
    FileKeyVault(path: path, passphrase: passphrase)
  }
}
