extension DeviceError {
  /// What is wrong, as the end of a sentence for a person.
  var reason: String {
    switch self {
    case .relay(let error): error.reason
    case .archive(let error): error.reason
    case .logRefused(let error): error.reason
    case .store(.unavailable(let reason)), .store(.corrupted(let reason)): reason
    case .vault(.unavailable(let reason)): reason
    case .vault: "the key file cannot be used"
    case .cancelled: "it was stopped"
    case .unusableKey(let device): "the key of device \(device.short) is not usable"
    case .attachmentUnreadable: "it is incomplete, altered, or not there"
    case .historyRefused: "the relay shows a history that breaks a rule"
    case .internalError(let place): "a fault of the library (\(place))"
    default: "it cannot be done here"
    }
  }
}
