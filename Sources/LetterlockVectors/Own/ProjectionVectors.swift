import CryptoCore
import Letterlock
import TLSCodec

/// Logs that are shown in part.
enum ProjectionVectors: OwnVectorKind {
  static let name = "projection"
  static let about =
    "Whether a projection of a log holds against the head `head`, and what it shows. SPEC.md section 3.8."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let maker = try LogMaker()
    let good = LogProjection(of: maker.log, maker.entries)
    let shown = try good.verify(head: maker.log.head)
    var cases: [[String: Any]] = [
      [
        "name": "a projection", "projection": good.encoded.hex, "head": maker.log.head.bytes.hex,
        "valid": true,
        "devices": shown.devices.keys.sorted().map { $0.bytes.hex },
        "signing_keys": shown.devices.sorted { $0.key < $1.key }.map { $0.value.signingKeys.bytes.hex },
        "active": shown.devices.filter(\.value.isActive).keys.sorted().map { $0.bytes.hex },
        "recovery": shown.recoveryDevice.bytes.hex,
        "approvers": shown.approvers.sorted().map { $0.bytes.hex }, "inbox_key": shown.inboxKey.bytes.hex,
      ]
    ]
    for (name, projection, head) in try wrong(good, maker) {
      guard let error = refusal(of: projection, head) else { throw WronglyTaken(name: name) }
      cases.append([
        "name": name, "projection": projection.encoded.hex, "head": head.bytes.hex, "valid": false,
        "error": error,
      ])
    }
    return ([:], cases)
  }

  private static func refusal(of projection: LogProjection, _ head: LogHead) -> String? {
    do throws(LogProjectionError) {
      _ = try projection.verify(head: head)
      return nil
    } catch { return Self.name(of: error) }
  }

  private static func name(of error: LogProjectionError) -> String {
    guard case .entry(let error) = error else { return "\(error)" }
    return "\(error)".prefix { $0 != "(" }.description
  }

  private static func wrong(
    _ good: LogProjection, _ maker: LogMaker
  ) throws -> [(String, LogProjection, LogHead)] {
    let head = maker.log.head
    func altered(_ name: String, _ alter: (inout LogProjection) throws -> Void) rethrows -> (
      String, LogProjection, LogHead
    ) {
      var projection = good
      try alter(&projection)
      return (name, projection, head)
    }
    return [
      altered("a hidden remove") { $0.entries.remove(at: 5) },
      try altered("a remove that names another device") {
        let other = AccountChange.remove(
          .init(
            devices: [maker.phone.deviceID],
            epoch: Committed(try LogMaker.opening(3, account: maker.log.account, [maker.tablet]).header)))
        $0.entries[5].content = try maker.entry(other, by: maker.phone, after: 5).content
      },
      try altered("an epoch that has another hash") {
        let other = try LogMaker.opening(1, account: maker.log.account, [maker.phone]).header
        $0.entries[2].content = try maker.entry(.epoch(Committed(other)), by: maker.tablet, after: 2).content
      },
      altered("cut short") { $0.entries.removeLast() },
      ("another head", good, maker.log.heads[3]),
      altered("signatures missing") { $0.entries[5].signatures = [] },
      altered("a signature that is not needed") { $0.entries[2].signatures = maker.entries[2].signatures },
      altered("another account") { $0.account = AccountID(unchecked: VectorSeed.bytes("account")) },
      altered("an older epoch") { $0.epoch = maker.openings[0].header.publicPart },
      altered("nothing") { $0.entries = [] },
    ]
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let projection = try LogProjection(decoding: test.bytes("projection"))
    do throws(LogProjectionError) {
      let shown = try projection.verify(head: LogHead(unchecked: test.bytes("head")))
      let devices = shown.devices.sorted { $0.key < $1.key }
      return test.flag("valid") == true && devices.map { $0.key.bytes.hex } == test.texts("devices")
        && devices.map { $0.value.signingKeys.bytes.hex } == test.texts("signing_keys")
        && devices.filter(\.value.isActive).map { $0.key.bytes.hex } == test.texts("active")
        && shown.recoveryDevice.bytes == test.bytes("recovery")
        && shown.approvers.sorted().map { $0.bytes.hex } == test.texts("approvers")
        && shown.inboxKey.bytes == test.bytes("inbox_key")
    } catch { return test.flag("valid") == false && Self.name(of: error) == test.text("error") }
  }
}
