public import TLSCodec

/// An earlier epoch secret, encrypted under a key that follows from a later one.
///
/// ```
/// struct {
///   uint64 epoch;
///   opaque sealed_epoch_secret[48];
/// } EpochLink;
/// ```
/// SPEC.md section 4.3.
public struct EpochLink: WireCodable, Hashable, Sendable {
  /// The epoch whose secret this is.
  public let epoch: UInt64
  /// The epoch secret, encrypted: 32 bytes and a tag of 16.
  public let sealedEpochSecret: SealedEpochSecret

  package init(epoch: UInt64, sealedEpochSecret: SealedEpochSecret) {
    self.epoch = epoch
    self.sealedEpochSecret = sealedEpochSecret
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.epoch), field(\.sealedEpochSecret))
}

/// An epoch secret under AEAD. 48 bytes.
public struct SealedEpochSecret: FixedBytes {
  /// 48.
  public static let byteCount = 48
  /// Ciphertext and tag.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 48 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// Whose wrap of the epoch secret exists, and its hash.
///
/// ```
/// struct {
///   opaque device[32];
///   opaque wrap_hash[32];           SHA-256 of the wrap
/// } WrapDigest;
/// ```
/// SPEC.md section 4.1.
public struct WrapDigest: WireCodable, Hashable, Sendable {
  /// The device that can open the wrap.
  public let device: DeviceID
  /// The hash of the wrap.
  public let wrapHash: Digest32

  package init(device: DeviceID, wrapHash: Digest32) {
    self.device = device
    self.wrapHash = wrapHash
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.device), field(\.wrapHash))
}

/// What everyone may know of an epoch. Its secret, 32 random bytes, only the account's devices know.
///
/// ```
/// struct {
///   uint8 version;
///   uint64 number;
///   opaque commitment[32];
///   opaque inbox_key[1216];         X-Wing
///   EpochLink links<V>;             ascending by epoch
///   uint64 tree_size;
///   opaque tree_root[32];
///   WrapDigest wraps<V>;            ascending by device; exactly the active devices
/// } EpochHeader;
/// ```
/// SPEC.md section 4.1.
public struct EpochHeader: WireCodable, EntryPart {
  /// The suite that the epoch's records use.
  public let version: FormatVersion
  /// 0 in `create`, then one more each time.
  public let number: UInt64
  /// A value that follows from the epoch secret, and from no other epoch secret.
  public let commitment: Digest32
  /// Whom others deposit messages to; its private half follows from the epoch secret.
  public let inboxKey: SealingKey
  /// Earlier epoch secrets.
  public let links: [EpochLink]
  /// How many records the history held when the epoch began.
  public let treeSize: UInt64
  /// The root of the history tree at that size.
  public let treeRoot: Digest32
  /// For whom the epoch secret is wrapped.
  public let wraps: [WrapDigest]

  package init(
    version: FormatVersion, number: UInt64, commitment: Digest32, inboxKey: SealingKey, links: [EpochLink],
    treeSize: UInt64, treeRoot: Digest32, wraps: [WrapDigest]
  ) {
    (self.version, self.number, self.commitment, self.inboxKey) = (version, number, commitment, inboxKey)
    (self.links, self.treeSize, self.treeRoot, self.wraps) = (links, treeSize, treeRoot, wraps)
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.number), field(\.commitment), field(\.inboxKey),
    field(\.links), field(\.treeSize), field(\.treeRoot), field(\.wraps))

  /// At most so many links. SPEC.md section 3.4 rule 11.
  package static let maximumLinkCount = 256

  /// The header hash: that of the public part, which commits to the rest.
  public var hash: Digest32 { publicPart.hash }

  /// What a log entry holds of the header.
  public var partHash: Digest32 { hash }

  /// What records of the epoch name it by.
  public var reference: EpochReference { EpochReference(unchecked: Array(hash.bytes[..<16])) }

  /// The header without what it tells of the history and of its readers.
  public var publicPart: EpochHeaderPublicPart {
    var writer = TLSWriter(reserving: 64 + 57 * links.count + 64 * wraps.count)
    writer.write(links)
    writer.write(treeSize)
    writer.write(treeRoot)
    writer.write(wraps)
    return EpochHeaderPublicPart(
      version: version, number: number, commitment: commitment, inboxKey: inboxKey,
      privatePart: Digest32(unchecked: Derivation.hash("epoch header private part", writer.bytes)))
  }

  /// The header without its wraps: what each wrap is bound to.
  var boundPart: [UInt8] {
    var writer = TLSWriter(reserving: 1400)
    writer.write(version)
    writer.write(number)
    writer.write(commitment)
    writer.write(inboxKey)
    writer.write(links)
    writer.write(treeSize)
    writer.write(treeRoot)
    return writer.bytes
  }
}

/// What anyone may be shown of an epoch's header: not how many records there were, nor who reads.
///
/// ```
/// struct {
///   uint8 version;
///   uint64 number;
///   opaque commitment[32];
///   opaque inbox_key[1216];
///   opaque private_part[32];        Hash("epoch header private part", links || tree_size || tree_root || wraps)
/// } EpochHeaderPublicPart;
///
/// header hash = Hash("epoch header", EpochHeaderPublicPart)
/// ```
/// SPEC.md section 4.1.
public struct EpochHeaderPublicPart: WireCodable, Hashable, Sendable {
  /// The suite that the epoch's records use.
  public let version: FormatVersion
  /// 0 in `create`, then one more each time.
  public let number: UInt64
  /// A value that follows from the epoch secret, and from no other epoch secret.
  public let commitment: Digest32
  /// Whom others deposit messages to.
  public let inboxKey: SealingKey
  /// The hash of the rest.
  public let privatePart: Digest32

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.number), field(\.commitment), field(\.inboxKey),
    field(\.privatePart))

  /// The header hash.
  public var hash: Digest32 { Digest32(unchecked: Derivation.hash("epoch header", encoded)) }
}
