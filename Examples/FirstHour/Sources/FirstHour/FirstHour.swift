import Foundation
import Letterlock
import LetterlockRelayKit

@main
struct FirstHour {
  static func main() async throws {
    // A relay stores sealed records and cannot read them. This one is in memory.
    let relay = try InMemoryRelay()
    // The phone keeps its keys in a file. Give the vault a passphrase to encrypt the file.
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (keys, store) = (folder.appendingPathComponent("phone.keys").path, MemoryDeviceStore())

    // Create an account with one device. The person writes the recovery key down.
    let created = try await Device.createAccount(
      named: "Phone", vault: .file(at: keys), store: store, relay: relay)
    let phone = created.device
    let recoveryKey = created.recoveryKey.reveal { text in text }
    try phone.confirmRecoveryKey()
    print("Write down the recovery key, \(recoveryKey.count) characters.")

    // Seal an SMS. It is stored encrypted, and it stays marked as unencrypted: its carrier could read it.
    try phone.append(.carrier(.sms, from: "+15550100", text: "Dinner at 7?"), to: ConversationID())
    try await phone.sync()
    try show(phone, "Phone")

    // A Mac asks to join and shows a code. The phone scans the code and approves the Mac.
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(JoinCode(parsing: request.code.text))
    let mac = try await request.approved()
    print("The Mac's history is \(try await mac.sync().verdict).")
    try show(mac, "Mac")

    // The app on the phone starts again. It opens the device from the key file.
    let reopened = try Device(vault: .file(at: keys), store: store, relay: relay)
    try show(reopened, "Phone, opened again")

    // The phone is stolen. A laptop gets everything from the recovery key, and removes all devices but the Mac.
    let session = try await Device.openRecovery(
      with: RecoveryKey.parse(recoveryKey).key(), vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    let laptop = try await session.restore(keeping: [mac.id], named: "Laptop").device
    print("The restored history is \(try await laptop.sync().verdict).")
    try show(laptop, "Laptop, restored")
  }

  /// Prints each message of the history, and how it was protected on its way.
  static func show(_ device: Device, _ name: String) throws {
    for message in try device.timeline().messages { print("\(name): \(message.text) \(message.protection)") }
  }
}
