extension RelayError {
  /// What is wrong, as the end of a sentence for a person.
  package var reason: String {
    switch self {
    case .unknownAccount: "it knows no such account, or not this device in it"
    case .accountExists: "it has the account, or its recovery key, already"
    case .staleLogHead, .staleHistory: "the account has changed since"
    case .entryRefused(let error): error.reason
    case .batchRefused(let error): error.reason
    case .recoveryUnderway: "the account is being restored"
    case .removalUnderway: "another device is about to remove a device"
    case .lostPartRefused: "it has not signed what would be given back"
    case .tooManyEntries: "this device changed the account too often in a short time"
    case .wrongWraps: "keys are missing for some of the devices"
    case .quotaExceeded: "the account's room is used up"
    case .blobRefused: "a file is not what was signed for, or not by this device"
    case .accountErased: "the account was erased"
    case .erasureRefused: "the order to erase does not fit the account as it is"
    case .unknownBlob: "it does not have the file"
    case .tooLarge: "that is more than it takes at once"
    case .unavailable(let reason), .corrupted(let reason): reason
    case .internalError(let place): "a fault of the library (\(place))"
    }
  }
}
