public import TLSCodec

/// Why a message was not protected, or not taken. RFC 9420 section 6.
public enum MessageProtectionError: Error, Hashable, Sendable {
  /// The bytes are not a message.
  case malformed(TLSError)
  /// The message is of another group.
  case wrongGroup
  /// The message is of another epoch.
  case wrongEpoch
  /// Application data may only be sent as a PrivateMessage. RFC 9420 section 6.
  case applicationDataNotEncrypted
  /// A message of this kind, or by this kind of sender, may not travel this way. RFC 9420 sections 6.1 and 6.2.
  case wrongSenderType
  /// The membership tag is not one of this group and epoch. RFC 9420 section 6.2.
  case invalidMembershipTag
  /// The signature is not by the sender. RFC 9420 section 6.1.
  case invalidSignature
  /// The message was altered, or is not for this group, or its padding is not zeros: one failure for all.
  case openFailed
  /// The key of the message was used already, or is older than what is kept. RFC 9420 section 9.2.
  case keyErased
  /// More messages are missing before this one than the limits allow. RFC 9420 section 15.3.
  case tooFarAhead
  /// The epoch has no more keys for this sender.
  case ratchetExhausted
  /// There is no member at this leaf.
  case unknownSender(LeafIndex)
  /// The authenticated data is not a `SafeAAD`, which is all that the group takes. draft-ietf-mls-extensions, section
  /// "Safe Additional Authenticated Data (AAD)".
  case authenticatedDataNotSafe
  /// The message was not signed or not encrypted.
  case sealFailed
}
