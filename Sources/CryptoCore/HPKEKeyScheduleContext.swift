extension HPKE {
  /// `key_schedule_context`: what the mode, the name of a pre-shared key and the info make of a suite. RFC 9180 section
  /// 5.1. It does not depend on the recipient: who seals to many under one info hashes the info once.
  package struct KeyScheduleContext: Sendable {
    package let suite: HPKESuite
    let kdf: LabeledKDF
    let bytes: [UInt8]
    let preSharedKey: PreSharedKey?

    /// The context of a suite and an info.
    package init(_ suite: HPKESuite, info: [UInt8], preSharedKey: PreSharedKey? = nil) {
      self.suite = suite
      self.preSharedKey = preSharedKey
      kdf = LabeledKDF(suiteID: suite.suiteID, hash: suite.kdf.hash)
      let nameHash = kdf.extract(label: "psk_id_hash", preSharedKey?.identifier ?? [])
      let infoHash = kdf.extract(label: "info_hash", info)
      let mode: UInt8 = preSharedKey == nil ? 0 : 1
      bytes = [mode] + nameHash.exportRawBytes() + infoHash.exportRawBytes()
    }
  }
}
