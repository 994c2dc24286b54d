extension HistoryError {
  /// What is wrong, as the end of a sentence for a person.
  package var reason: String {
    switch self {
    case .unknownAuthor(let device):
      "device \(device.short), which never was in the account, says that it wrote it"
    case .badSignature(let device): "device \(device.short) did not sign it"
    case .unknownLogHead(let device), .staleLogHead(let device):
      "device \(device.short) wrote it without what the account's log says"
    case .authorNotActive(let device): "device \(device.short) was not in the account when it wrote it"
    case .deviceCloned(let device): "two machines write as device \(device.short)"
    case .brokenChain(let device): "something that device \(device.short) wrote before is not there"
    case .badKnownCheckpoint(let device), .knownCheckpointTooOld(let device):
      "device \(device.short) does not say which history it knew"
    case .otherHistory(let device, _): "the relay showed device \(device.short) another history"
    case .wrongRecordCount: "there are more or fewer records than were signed"
    case .tampered(let leaf): "record \(leaf) is not the one that its author signed"
    case .otherLeaves(let leaf): "the records from \(leaf) on are not those that their author signed"
    case .wrongEpoch(let leaf): "record \(leaf) is not sealed under the epoch in which it stands"
    case .notInHistory(let leaf): "nothing shows that record \(leaf) stands in the history"
    case .notAskedFor(let leaf): "record \(leaf) was not asked for"
    case .badErasure(let device): "device \(device.short) erased records that are not there"
    case .epochOfOtherHistory(let epoch): "the device that began epoch \(epoch) knew another history"
    case .timeWentBack: "the relay's clock went back by more than an hour"
    }
  }
}

extension DeviceID {
  /// As much of the number as tells devices apart for a person.
  package var short: Substring { description.prefix(16) }
}
