#if Tool
import ArgumentParser
import Foundation
import Letterlock

/// Which devices stay.
extension RestoreCommand {
  /// A device that was restored before decides nothing again: who is to go is removed by name, and who is gone stays so.
  func checkChoice(of device: Device) throws {
    guard !keep.isEmpty || keepNone else { return }
    func isNamed(_ id: DeviceID) -> Bool {
      keep.contains { !$0.isEmpty && id.description.hasPrefix($0.lowercased()) }
    }
    let log = device.log
    let decided = log.members[device.id]?.addedAt
    let removed = log.members.filter { isNamed($0.key) && $0.value.removal?.entry == decided }.keys.sorted()
    guard removed.isEmpty else {
      throw ToolError(
        "\(dir) was restored before, and that removed \(Self.list(removed)), which you would keep: nothing was changed. "
          + "A removed device joins again with `letterlock join`. `letterlock sync \(dir)` goes on with this one."
      )
    }
    let others = log.activeDevices.filter { $0 != device.id && $0 != log.recoveryDevice }
    if let stranger = keep.first(where: { beginning in
      beginning.isEmpty || !log.members.keys.contains { $0.description.hasPrefix(beginning.lowercased()) }
    }) {
      throw ToolError("No device begins with “\(stranger)”: nothing was changed.")
    }
    let unnamed = others.filter { !isNamed($0) }
    guard unnamed.isEmpty else {
      throw ToolError(
        "\(dir) was restored before, and \(Self.list(unnamed)), which you would not keep, can read the account: nothing was "
          + "changed. "
          + "Remove a device with `letterlock device remove \(dir) ID`.")
    }
  }

  /// Says what came otherwise than was decided. A decision that an earlier run had sent is not this one's: the exit code
  /// says so.
  func note(_ restored: RestoredDevice) {
    if restored.followsEarlierDecision {
      Terminal.noteFailure(
        "An earlier run of this restore had decided otherwise, and what it had sent came first.")
    }
    for device in restored.goneMeanwhile {
      Terminal.note("Device \(device.description) was to stay, and had been removed before.")
    }
  }

  /// Refuses a snapshot that the recovery key does not read, before anything is changed.
  func checkSnapshot(in session: RecoverySession) throws {
    guard let snapshot else { return }
    let all: [Snapshot]
    do throws(DeviceError) { all = try session.snapshots().map(\.snapshot) } catch {
      throw ToolError(error, folder: dir)
    }
    do { _ = try Choice(of: snapshot, "snapshot", "--snapshot").pickSnapshot(all) } catch {
      let names = all.map { "“\($0.name)” (\($0.id.prefix(8)))" }.joined(separator: ", ")
      throw ToolError(
        "No one snapshot is called “\(snapshot)”: nothing was changed. \(all.isEmpty ? "There is none" : "There are \(names)"). "
          + "Without --snapshot everything else is restored.")
    }
  }

  private static func list(_ devices: [DeviceID]) -> String {
    (devices.count == 1 ? "device " : "devices ")
      + devices.map { "\($0.description.prefix(16))" }.joined(separator: ", ")
  }

  /// What the person says, or has said by options.
  func choose(from devices: [RecoveryCandidate]) throws -> Set<DeviceID> {
    for line in Self.lines(of: devices) { Terminal.note("\(line)") }
    guard !devices.isEmpty, !keepNone else { return [] }
    if !keep.isEmpty { return Set(try keep.map { try Self.find($0, in: devices) }) }
    guard Terminal.canAsk else {
      throw ToolError("Say which devices stay, with --keep ID or --keep-none: nothing was changed.")
    }
    while true {
      Terminal.note("Which devices stay? Their numbers in this list, with spaces between; none to keep none:")
      guard let answer = readLine() else {
        throw ToolError("Nothing was changed.")
      }
      if let chosen = Self.chosen(answer, from: devices) { return chosen }
    }
  }

  /// The devices that an answer names by their places in the list; nil if it does not name any.
  private static func chosen(_ answer: String, from devices: [RecoveryCandidate]) -> Set<DeviceID>? {
    let words = answer.split { $0 == " " || $0 == "," }
    if words == ["none"] { return [] }
    let places = words.compactMap { Int($0) }
    guard !places.isEmpty, places.count == words.count,
      places.allSatisfy({ (1...devices.count).contains($0) })
    else { return nil }
    return Set(places.map { devices[$0 - 1].id })
  }

  private static func find(_ beginning: String, in devices: [RecoveryCandidate]) throws -> DeviceID {
    let found = devices.map(\.id).filter { $0.description.hasPrefix(beginning.lowercased()) }
    guard found.count == 1, let device = found.first, !beginning.isEmpty else {
      throw ToolError("\(found.count) devices begin with “\(beginning)”: nothing was changed.")
    }
    return device
  }

  /// What a person decides by.
  private static func lines(of devices: [RecoveryCandidate]) -> [String] {
    guard !devices.isEmpty else { return ["No device but the recovery key can read the account now."] }
    let places = Dictionary(uniqueKeysWithValues: zip(devices.map(\.id), 1...))
    var lines = ["These devices can read the account now. Names and times are their own word."]
    for (place, device) in zip(1..., devices) {
      let short = device.id.description.prefix(16)
      lines.append("\(place). \(short)  \((device.name ?? "without a name").shown)")
      let adder =
        device.addedBy == device.id
        ? "it made the account"
        : "added by \(places[device.addedBy].map { "device \($0)" } ?? "a device that is gone")"
      var facts = ["entry \(device.entry)", adder]
      facts.append(device.lastLeaf.map { "last wrote record \($0)" } ?? "wrote nothing")
      if let seen = device.lastSeen { facts.append("last seen \(seen.localText)") }
      lines.append("   " + facts.joined(separator: ", "))
      let former = device.names.dropLast().map(\.shown)
      if !former.isEmpty { lines.append("   was called before: " + former.joined(separator: ", ")) }
      if device.erasedRecordCount > 0 {
        lines.append("   \(device.erasedRecordCount) of its records were erased")
      }
      for other in device.sharesNameWith {
        lines.append("   has the same name as device \(places[other] ?? 0)")
      }
    }
    return lines
  }
}
#endif
