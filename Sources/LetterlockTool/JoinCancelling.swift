#if Tool
import Foundation
import Letterlock

extension JoinCommand {
  /// Takes back the request that waits in a folder.
  func takeBack(_ folder: ArchiveFolder, _ passphrase: String?) throws {
    try folder.checkInUse()
    try folder.lock()
    let (vault, store) = (folder.vault(passphrase), try folder.openStore())
    do throws(DeviceError) { guard try Device.isJoining(vault) else { throw .vaultNotEmpty } } catch {
      throw Self.refusal(error, folder)
    }
    try confirmation.ask("The code that \(folder.path) shows would bring no device in any more.")
    let isFormerBack: Bool
    do throws(DeviceError) { isFormerBack = try Device.cancelJoining(vault: vault, store: store) } catch {
      throw Self.refusal(error, folder)
    }
    guard !isFormerBack else {
      try folder.putBackRelay()
      return Terminal.line(
        "The request was taken back. The device that was here before is in its place again.")
    }
    try folder.removeRequest()
    Terminal.line(
      "The request was taken back. There is no device in \(folder.path): `letterlock join \(folder.path) --relay FILE` "
        + "asks anew.")
  }

  private static func refusal(_ error: DeviceError, _ folder: ArchiveFolder) -> ToolError {
    guard error == .vaultNotEmpty else { return ToolError(error, folder: folder.path) }
    return ToolError(
      "No request to join waits in \(folder.path): there was none, or it was approved. Nothing was changed.")
  }
}

extension ArchiveFolder {
  /// Removes the keys of a device that never was part of an account, and what names relays.
  fileprivate func removeRequest() throws {
    let file = URL(fileURLWithPath: keysPath).resolvingSymlinksInPath().path
    for path in [keysPath, file, relayPointerPath, formerPointerPath] { try Self.remove(path) }
  }
}
#endif
