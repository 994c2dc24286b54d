extension ArchiveError {
  /// What is wrong, as the end of a sentence for a person.
  package var reason: String {
    switch self {
    case .malformed: "the bytes are no record"
    case .unknownVersion(let version): "it is of version \(version), which a newer letterlock reads"
    case .unreadableEpoch: "this device has no key to its epoch"
    case .authenticationFailed: "it was altered, or sealed for someone else"
    case .epochRefused: "the newest epoch is not usable"
    case .deviceRemoved: "this device was removed from its account"
    case .stateRolledBack: "the keys here are older than what this device did before"
    case .forked: "two logs of the account contradict each other"
    case .accountErased: "the relay's copy was erased, which ended the account"
    case .messageTooLong: "it is too long"
    case .notAMessage: "it holds no message"
    case .internalError(let place): "a fault of the library (\(place))"
    }
  }
}
