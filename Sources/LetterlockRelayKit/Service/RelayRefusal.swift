package import LetterlockFormat

/// Why a relay is unavailable although nothing of it has failed.
extension RelayError {
  /// Others use the store, and did so for as long as was waited for them.
  package static let storeIsBusy = RelayError.unavailable("Another process keeps using the file.")

  /// More requests are being answered than there is room for.
  package static let hasNoRoom = RelayError.unavailable(
    "The relay has no room for more requests at the moment.")

  /// What a restored relay says to whatever is new.
  package static let waitsForDevices = RelayError.unavailable(
    "The relay was restored from a backup, and takes nothing new before the devices have come by.")

  /// What a relay says to whoever would change an account that was moved to another one.
  static let accountMoved = RelayError.unavailable(
    "The account was moved to another relay, and takes nothing new here.")

  /// What a relay says to whoever would make an account that an operator is taking in from a file.
  static let isTakenIn = RelayError.unavailable("The account is being taken in from another relay.")

  /// Other accounts claim the recovery device, one after the other.
  static let recoveryDeviceIsClaimed = RelayError.unavailable(
    "Other accounts claim the same recovery device.")

  /// Whether the relay works, and has too much to do at the moment.
  package var isOverload: Bool { self == .storeIsBusy || self == .hasNoRoom }

  /// Whether the store, or the relay itself, has failed.
  package var isFault: Bool {
    switch self {
    case .corrupted, .internalError: true
    case .unavailable:
      !isOverload && ![.waitsForDevices, .accountMoved, .isTakenIn, .recoveryDeviceIsClaimed].contains(self)
    default: false
    }
  }
}
