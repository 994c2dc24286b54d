extension AccountLogError {
  /// What is wrong, as the end of a sentence for a person.
  package var reason: String {
    switch self {
    case .malformed: "an entry is malformed"
    case .misplacedCreate, .wrongAccount: "it does not begin as the account did"
    case .wrongPredecessor, .wrongIndex: "an entry does not follow the one before it"
    case .signerNotActive(let device): "device \(device.short), which signed an entry, was not in the account"
    case .wrongSigners: "an entry is not signed by those who must sign it"
    case .badSignature(let device): "an entry does not bear the signature of device \(device.short)"
    case .bundleNotSigned: "a device did not sign its own keys"
    case .unusableKey(let device): "the key of device \(device.short) is not usable"
    case .tooManyDevices: "the account has as many devices as it may have"
    case .deviceKnown(let device): "device \(device.short) was in the account before"
    case .wrongLeavers: "an entry removes nobody, or names devices out of order"
    case .deviceNotActive(let device), .notRemovable(let device):
      "device \(device.short) cannot be removed by that entry"
    case .wrongRotation: "an entry changes more than a device's own sealing key"
    case .wrongEpochNumber, .wrongRecipients, .wrongLinks, .treeShrank, .treeChanged:
      "an epoch does not follow from what is there"
    case .wrongVersion: "an entry is of a version that not every device reads"
    default: recoveryReason
    }
  }

  /// The same of entries that bring in a recovery key.
  private var recoveryReason: String {
    switch self {
    case .wrongApprovers, .wrongKept: "an entry names devices that it must not name"
    case .noCheckpointKey: "an account without a relay announces no recovery key"
    case .announcementStands: "another recovery key is announced already"
    case .noAnnouncement: "no such recovery key is announced"
    case .wrongCoolingOff, .tooSoon: "a recovery key came in before its time"
    default: "an entry breaks a rule"
    }
  }
}
