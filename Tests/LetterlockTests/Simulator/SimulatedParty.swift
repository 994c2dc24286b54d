@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// One device of the simulation, over all the processes that open it.
final class SimulatedParty {
  let name: String
  let isThief: Bool
  let network: SimulatedNetwork
  var vault: MemoryKeyVault
  var store: MemoryDeviceStore
  /// The process that has the device open.
  var crash = CrashPoint()
  var device: Device?
  var request: JoinRequest?
  var isBusy = false
  var id: DeviceID?

  /// Whether the relay ever lied to this device.
  var wasLiedTo = false
  /// Whether an old copy of its keys was put back.
  var isRolledBack = false
  /// A copy of it from before.
  var copy: (vault: MemoryKeyVault, store: MemoryDeviceStore)?
  /// Whether a lie keeps it waiting until the person decides.
  var needsDecision = false
  /// The recovery key that was to be prepared, once it was.
  var preparedKey: [UInt8]?
  var hasConfirmedKey = false
  var heads: [LogHead] = []
  var tree = HistoryTree()
  /// How many records whoever let it in had verified.
  var floor: UInt64 = 0
  /// What it has shown.
  var seen: Set<String> = []

  init(
    _ name: String, isThief: Bool = false, _ network: SimulatedNetwork, vault: MemoryKeyVault = .inMemory,
    store: MemoryDeviceStore = MemoryDeviceStore()
  ) {
    (self.name, self.isThief, self.network) = (name, isThief, network)
    (self.vault, self.store) = (vault, store)
  }

  /// Ways to what is durable for the process that runs now.
  var keys: SimulatedVault { SimulatedVault(vault, crash) }
  var records: SimulatedStore { SimulatedStore(store, crash) }
  var line: SimulatedLine { SimulatedLine(network, crash) }

  /// Whether the relay was honest to it all the time, and nobody put an old copy back.
  var isFairlyTreated: Bool { !wasLiedTo && !isRolledBack }

  var stage: VaultStage? { (try? vault.load())?.stage }

  /// Opens what the vault holds, as a new process does. The one before has ended.
  func open(_ clock: SimulatedClock) throws(DeviceError) {
    crash = CrashPoint()
    (device, request) = (nil, nil)
    switch stage {
    case nil, .restoring: return
    case .joining: request = try Device.resumeJoining(vault: keys, store: records, relay: line)
    case .device:
      if try DeviceState(try vault.contents()).joinCode != nil {
        request = try Device.resumeJoining(vault: keys, store: records, relay: line)
        return
      }
      let device = try Device(vault: keys, store: records, relay: line)
      clock.set(device)
      (self.device, id) = (device, device.id)
    }
  }
}
