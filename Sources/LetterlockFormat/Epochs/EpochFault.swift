/// Why a device does not seal under an epoch. SPEC.md section 4.4.
package enum EpochFault: Error, Hashable, Sendable {
  /// The relay gives no wrap for this device, or another than the log names.
  case wrapMissing
  /// The epoch began before this device could read.
  case notARecipient
  /// The wrap does not open, or holds another epoch secret than the header's.
  case badWrap(by: DeviceID)
  /// The epoch secret is not the one that the header commits to, or the inbox key does not follow from it.
  case badCommitment(by: DeviceID)
  /// A link does not hold the earlier epoch secret.
  case badLink(to: UInt64, by: DeviceID)

  /// Whether the relay may still repair it by giving the right bytes.
  package var isRelays: Bool { self == .wrapMissing }

  /// The device that is to blame, if one is.
  package var culprit: DeviceID? {
    switch self {
    case .wrapMissing, .notARecipient: nil
    case .badWrap(let device), .badCommitment(let device), .badLink(_, let device): device
    }
  }
}

/// Why a device does not know the secret of an epoch. SPEC.md section 6.3.
package enum EpochObstacle: Equatable, Sendable {
  /// The relay does not give the device's wrap.
  case withheld
  /// A device made the wrap, the header or the links wrongly, of this epoch or of the one after it.
  case faulty(by: DeviceID)
  /// Nothing leads to it, and nobody is to blame.
  case unreached
}

/// What a device thinks of the newest epoch. SPEC.md section 4.4.
package enum EpochStanding: Equatable {
  /// It may be sealed under.
  case trusted
  /// Its secret has not come yet; only the relay can help.
  case withheld
  /// It needs a better one after it. Nobody is to blame if its secret is good and only does not lead to all others:
  /// its opener may have been kept from them.
  case faulty(by: DeviceID?)
}
