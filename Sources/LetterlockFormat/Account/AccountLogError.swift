public import TLSCodec

/// Why a log entry is refused. SPEC.md section 3.4 numbers the rules.
public enum AccountLogError: Error, Hashable, Sendable {
  /// The bytes are not an entry.
  case malformed(TLSError)
  /// The first entry is not `create`, or `create` comes later. Rule 1.
  case misplacedCreate
  /// The log does not begin with the entry that the account is named by. Rule 1.
  case wrongAccount
  /// The entry does not follow the newest one. Rule 2.
  case wrongPredecessor
  /// The index is not one more than the newest. Rule 2.
  case wrongIndex
  /// The signer is not an active device. Rule 3.
  case signerNotActive(DeviceID)
  /// A signature that the change needs is missing, or is there twice, or comes from someone else. Rule 4.
  case wrongSigners
  /// The recovery approvers are not active devices in order, each once. Rule 6.
  case wrongApprovers
  /// A signature does not hold. Rule 4.
  case badSignature(DeviceID)
  /// A bundle is not signed by its own keys. Rule 5.
  case bundleNotSigned
  /// Nothing can be wrapped to a bundle's sealing key. Rule 5.
  case unusableKey(DeviceID)
  /// There are as many active devices as there may be. Rule 6.
  case tooManyDevices
  /// The identifier is, or was, a device of this account. Rule 6.
  case deviceKnown(DeviceID)
  /// `remove` names nobody, or its devices out of order. Rule 7.
  case wrongLeavers
  /// There is no such active device. Rule 7.
  case deviceNotActive(DeviceID)
  /// The recovery device cannot be removed, only replaced; and a device does not remove itself. Rule 7.
  case notRemovable(DeviceID)
  /// `rotate` changes another device, or something other than the sealing key. Rule 8.
  case wrongRotation
  /// The epoch is not the next. Rule 9.
  case wrongEpochNumber
  /// The wraps are not for exactly the active devices, in order. Rule 10.
  case wrongRecipients
  /// The links are missing where there must be some, out of order, too many, or point forward. Rule 11.
  case wrongLinks
  /// The history tree shrank. Rule 12.
  case treeShrank
  /// The history tree is as large as in the epoch before, and another. Rule 12.
  case treeChanged
  /// The version is above what an active device reads, or went back. Rule 13.
  case wrongVersion
  /// Without a relay's key nothing can be announced. Rule 14.
  case noCheckpointKey
  /// Another recovery device is announced already. Rule 14.
  case announcementStands
  /// The announcement that the entry is for does not stand. Rules 15 and 16.
  case noAnnouncement
  /// The checkpoints of the cooling-off time are not the relay's, or of other states. Rule 15.
  case wrongCoolingOff
  /// The cooling-off time had not gone by. Rule 15.
  case tooSoon
  /// `recover` keeps too many devices, the recovery device, or names them out of order. Rule 17.
  case wrongKept
}
