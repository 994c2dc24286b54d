internal import CryptoCore
internal import TLSCodec

extension DeviceState {
  /// The entry that adds a device, with its wrap of the newest epoch secret.
  func addEntry(_ offer: JoinOffer, consentTag: Digest32) throws(DeviceError) -> PendingEntry {
    let epoch = log.newestEpoch.header
    guard let epochSecret = keyring.epochSecrets[epoch.number] else {
      throw .archive(.epochRefused(by: keyring.faults[epoch.number]?.culprit))
    }
    let device = offer.device.deviceID
    let wrap = try asDeviceError(
      EpochWrap.wrap(
        epochSecret, header: epoch, account: EpochKeyring.bound(log.account, epoch: epoch.number),
        for: device, sealingKey: offer.device.sealingKey))
    let add = AccountChange.Add(
      device: offer.device, consentTag: consentTag, consent: offer.consent,
      wrapHash: EpochWrap.hash(wrap))
    return PendingEntry(
      entry: try entry(.add(add)), wraps: [StoredWrap(device: device, wrap: Opaque(wrap))],
      epochSecret: nil, sealingSeed: nil)
  }
}
