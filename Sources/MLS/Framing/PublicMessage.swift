public import TLSCodec

/// A message that is signed, and not encrypted.
///
/// ```
/// struct {
///   FramedContent content;
///   FramedContentAuthData auth;
///   select (PublicMessage.content.sender.sender_type) {
///     case member:               MAC membership_tag;
///     case external:
///     case new_member_commit:
///     case new_member_proposal:  struct{};
///   };
/// } PublicMessage;
/// ```
/// RFC 9420 section 6.2.
public struct PublicMessage: TLSCodable, Hashable, Sendable {
  /// The content.
  public var content: FramedContent
  /// What authenticates it.
  public var auth: FramedContentAuthData
  /// What shows that the sender is a member; there is one exactly for members.
  public var membershipTag: MAC?

  package init(content: FramedContent, auth: FramedContentAuthData, membershipTag: MAC?) {
    self.content = content
    self.auth = auth
    self.membershipTag = membershipTag
  }

  /// Writes the fields in order.
  public func encode(to writer: inout TLSWriter) {
    content.encode(to: &writer)
    auth.encode(to: &writer)
    membershipTag?.encode(to: &writer)
  }

  /// Reads the fields in order.
  public init(from reader: inout TLSReader) throws(TLSError) {
    content = try FramedContent(from: &reader)
    auth = try FramedContentAuthData(of: content.content.type, from: &reader)
    membershipTag = content.sender.leaf == nil ? nil : try MAC(from: &reader)
  }
}
