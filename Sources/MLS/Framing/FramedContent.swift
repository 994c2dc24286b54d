public import TLSCodec

/// What a message says, and in which group and epoch.
///
/// ```
/// struct {
///   opaque group_id<V>;
///   uint64 epoch;
///   Sender sender;
///   opaque authenticated_data<V>;
///   ContentType content_type;
///   select (FramedContent.content_type) {
///     case application:  opaque application_data<V>;
///     case proposal:     Proposal proposal;
///     case commit:       Commit commit;
///   };
/// } FramedContent;
/// ```
/// RFC 9420 section 6.
public struct FramedContent: WireCodable, Hashable, Sendable {
  /// The group.
  public var groupID: [UInt8]
  /// The epoch in which the message was sent.
  public var epoch: UInt64
  /// Who sent it.
  public var sender: Sender
  /// What the application authenticates with the message, and does not encrypt.
  public var authenticatedData: [UInt8]
  /// The content.
  public var content: Content

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.groupID), field(\.epoch), field(\.sender), field(\.authenticatedData),
    field(\.content))

  package init(groupID: [UInt8], epoch: UInt64, sender: Sender, authenticatedData: [UInt8], content: Content)
  {
    self.groupID = groupID
    self.epoch = epoch
    self.sender = sender
    self.authenticatedData = authenticatedData
    self.content = content
  }

  /// A content, after its type.
  public enum Content: TLSCodable, Hashable, Sendable {
    /// Data of the application.
    case application([UInt8])
    /// A proposed change.
    case proposal(Proposal)
    /// A change.
    case commit(Commit)

    /// The type on the wire.
    public var type: ContentType {
      switch self {
      case .application: .application
      case .proposal: .proposal
      case .commit: .commit
      }
    }

    /// Writes the type and the content.
    public func encode(to writer: inout TLSWriter) {
      type.encode(to: &writer)
      encodeWithoutType(to: &writer)
    }

    /// Reads a type and the content.
    public init(from reader: inout TLSReader) throws(TLSError) {
      try self.init(of: ContentType(from: &reader), from: &reader)
    }

    /// Writes the content, as a PrivateMessageContent has it. RFC 9420 section 6.3.1.
    func encodeWithoutType(to writer: inout TLSWriter) {
      switch self {
      case .application(let data): writer.write(opaque: data)
      case .proposal(let proposal): proposal.encode(to: &writer)
      case .commit(let commit): commit.encode(to: &writer)
      }
    }

    /// Reads the content of a type that is known.
    init(of type: ContentType, from reader: inout TLSReader) throws(TLSError) {
      switch type {
      case .application: self = .application(try reader.readOpaque())
      case .proposal: self = .proposal(try Proposal(from: &reader))
      case .commit: self = .commit(try Commit(from: &reader))
      }
    }
  }
}

extension FramedContent {
  /// `FramedContentTBS`: what the signature covers.
  ///
  /// ```
  /// struct {
  ///   ProtocolVersion version = mls10;
  ///   WireFormat wire_format;
  ///   FramedContent content;
  ///   select (FramedContentTBS.content.sender.sender_type) {
  ///     case member:
  ///     case new_member_commit:    GroupContext context;
  ///     case external:
  ///     case new_member_proposal:  struct{};
  ///   };
  /// } FramedContentTBS;
  /// ```
  /// RFC 9420 section 6.1. `groupContext` is the encoded one of the epoch.
  package func toBeSigned(_ wireFormat: MessageWireFormat, groupContext: [UInt8]) -> [UInt8] {
    var writer = TLSWriter(reserving: byteCountToBeSigned + groupContext.count)
    encodeToBeSigned(wireFormat, groupContext: groupContext, to: &writer)
    return writer.bytes
  }

  /// Writes what the signature covers.
  func encodeToBeSigned(_ wireFormat: MessageWireFormat, groupContext: [UInt8], to writer: inout TLSWriter) {
    ProtocolVersion.mls10.encode(to: &writer)
    wireFormat.encode(to: &writer)
    encode(to: &writer)
    if sender.signsGroupContext { writer.write(fixed: groupContext) }
  }

  /// About how long it is, without the GroupContext.
  var byteCountToBeSigned: Int {
    let known = 64 + groupID.count + authenticatedData.count
    guard case .application(let data) = content else { return known + 512 }
    return known + data.count
  }
}

/// What authenticates a content.
///
/// ```
/// struct {
///   /* SignWithLabel(., "FramedContentTBS", FramedContentTBS) */
///   opaque signature<V>;
///   select (FramedContent.content_type) {
///     /* MAC(confirmation_key, GroupContext.confirmed_transcript_hash) */
///     case commit:       MAC confirmation_tag;
///     case application:
///     case proposal:     struct{};
///   };
/// } FramedContentAuthData;
/// ```
/// RFC 9420 section 6.1.
public struct FramedContentAuthData: Hashable, Sendable {
  /// The sender's signature.
  public var signature: [UInt8]
  /// What confirms a commit's result; there is one exactly for commits.
  public var confirmationTag: MAC?

  func encode(to writer: inout TLSWriter) {
    writer.write(opaque: signature)
    confirmationTag?.encode(to: &writer)
  }

  package init(signature: [UInt8], confirmationTag: MAC?) {
    self.signature = signature
    self.confirmationTag = confirmationTag
  }

  package init(of type: ContentType, from reader: inout TLSReader) throws(TLSError) {
    signature = try reader.readOpaque()
    confirmationTag = type == .commit ? try MAC(from: &reader) : nil
  }
}

/// A content and what authenticates it, whichever way it travels.
///
/// ```
/// struct {
///   WireFormat wire_format;
///   FramedContent content;
///   FramedContentAuthData auth;
/// } AuthenticatedContent;
/// ```
/// RFC 9420 section 6.
public struct AuthenticatedContent: TLSCodable, Hashable, Sendable {
  /// How the message travels.
  public var wireFormat: MessageWireFormat
  /// The content.
  public var content: FramedContent
  /// What authenticates it.
  public var auth: FramedContentAuthData

  package init(wireFormat: MessageWireFormat, content: FramedContent, auth: FramedContentAuthData) {
    self.wireFormat = wireFormat
    self.content = content
    self.auth = auth
  }

  /// Writes the fields in order.
  public func encode(to writer: inout TLSWriter) {
    wireFormat.encode(to: &writer)
    content.encode(to: &writer)
    auth.encode(to: &writer)
  }

  /// Reads the fields in order.
  public init(from reader: inout TLSReader) throws(TLSError) {
    wireFormat = try MessageWireFormat(from: &reader)
    content = try FramedContent(from: &reader)
    auth = try FramedContentAuthData(of: content.content.type, from: &reader)
  }
}
