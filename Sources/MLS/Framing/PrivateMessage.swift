public import TLSCodec

/// A message that is signed and encrypted.
///
/// ```
/// struct {
///   opaque group_id<V>;
///   uint64 epoch;
///   ContentType content_type;
///   opaque authenticated_data<V>;
///   opaque encrypted_sender_data<V>;
///   opaque ciphertext<V>;
/// } PrivateMessage;
/// ```
/// RFC 9420 section 6.3.
public struct PrivateMessage: WireCodable, Hashable, Sendable {
  /// The group.
  public var groupID: [UInt8]
  /// The epoch in which the message was sent.
  public var epoch: UInt64
  /// The kind of content.
  public var contentType: ContentType
  /// What the application authenticates with the message, and does not encrypt.
  public var authenticatedData: [UInt8]
  /// The encrypted `SenderData`.
  public var encryptedSenderData: [UInt8]
  /// The encrypted `PrivateMessageContent`.
  public var ciphertext: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.groupID), field(\.epoch), field(\.contentType), field(\.authenticatedData),
    field(\.encryptedSenderData), field(\.ciphertext))

  package init(
    groupID: [UInt8], epoch: UInt64, contentType: ContentType, authenticatedData: [UInt8],
    encryptedSenderData: [UInt8], ciphertext: [UInt8]
  ) {
    self.groupID = groupID
    self.epoch = epoch
    self.contentType = contentType
    self.authenticatedData = authenticatedData
    self.encryptedSenderData = encryptedSenderData
    self.ciphertext = ciphertext
  }

  /// The `PrivateContentAAD`: the first four fields. RFC 9420 section 6.3.1.
  ///
  /// ```
  /// struct {
  ///   opaque group_id<V>;
  ///   uint64 epoch;
  ///   ContentType content_type;
  ///   opaque authenticated_data<V>;
  /// } PrivateContentAAD;
  /// ```
  static func contentAAD(
    _ groupID: [UInt8], _ epoch: UInt64, _ type: ContentType, _ authenticatedData: [UInt8]
  ) -> [UInt8] {
    var writer = TLSWriter(reserving: groupID.count + authenticatedData.count + 24)
    writer.write(opaque: groupID)
    writer.write(epoch)
    type.encode(to: &writer)
    writer.write(opaque: authenticatedData)
    return writer.bytes
  }

  /// The `SenderDataAAD`: the first three fields. RFC 9420 section 6.3.2.
  ///
  /// ```
  /// struct {
  ///   opaque group_id<V>;
  ///   uint64 epoch;
  ///   ContentType content_type;
  /// } SenderDataAAD;
  /// ```
  static func senderDataAAD(_ groupID: [UInt8], _ epoch: UInt64, _ type: ContentType) -> [UInt8] {
    var writer = TLSWriter(reserving: groupID.count + 16)
    writer.write(opaque: groupID)
    writer.write(epoch)
    type.encode(to: &writer)
    return writer.bytes
  }
}

/// Whose key, and which, opens a private message.
///
/// ```
/// struct {
///   uint32 leaf_index;
///   uint32 generation;
///   opaque reuse_guard[4];
/// } SenderData;
/// ```
/// RFC 9420 section 6.3.2.
struct SenderData: WireCodable, Hashable, Sendable {
  var leaf: LeafIndex
  var generation: UInt32
  var reuseGuard: ReuseGuard

  static let byteCount = 12
  static let wire = WireFormat(Self.init, field(\.leaf), field(\.generation), field(\.reuseGuard))
}

/// Four random bytes that keep a nonce from being used twice by a client that lost its state. RFC 9420
/// section 6.3.1.
struct ReuseGuard: FixedBytes {
  static let byteCount = 4
  let bytes: [UInt8]

  package init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}
