#if Tool
import Foundation
import Letterlock

/// What the tool can tell about the machine: power and room, where the system shows them.
struct MachineSurroundings: SyncSurroundings {
  let folder: String
  /// What only the caller can tell, such as a timer that runs at night.
  var network: SurroundingsState.Network?
  var isIdle: Bool?
  /// Less room than this is scarce.
  private static let scarce: UInt64 = 1 << 30

  func state() async -> SurroundingsState {
    SurroundingsState(
      network: network, hasExternalPower: Self.hasExternalPower,
      isIdle: isIdle, isLowOnStorage: isLowOnStorage)
  }

  private var isLowOnStorage: Bool? {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    return (attributes?[.systemFreeSize] as? NSNumber).map { $0.uint64Value < Self.scarce }
  }

  /// Linux lists what feeds the machine; one without a battery is always fed.
  private static var hasExternalPower: Bool? {
    let root = "/sys/class/power_supply"
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: root) else { return nil }
    func text(_ path: String) -> String {
      ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(
        in: .whitespacesAndNewlines)
    }
    let supplies = names.map { (type: text("\(root)/\($0)/type"), online: text("\(root)/\($0)/online")) }
    guard supplies.contains(where: { $0.type == "Battery" }) else { return true }
    return supplies.contains { $0.type != "Battery" && $0.online == "1" }
  }
}
#endif
