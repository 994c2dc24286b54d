/// How far the device has come whose keys a vault holds. The first byte of the state tells. SPEC.md section 8.4.
enum VaultStage: Hashable, Sendable {
  /// It waits to be approved.
  case joining
  /// It is being restored, and the account may not have it yet.
  case restoring
  /// It is, or was, part of an account.
  case device

  /// Why such a vault cannot be opened as a device; nil if it can.
  var obstacle: DeviceError? {
    switch self {
    case .joining: .joinUnfinished
    case .restoring: .restoreUnfinished
    case .device: nil
    }
  }
}

extension VaultContents {
  /// How far the device has come.
  var stage: VaultStage {
    switch state.first {
    case JoiningVault.marker: .joining
    case RestoringVault.marker: .restoring
    default: .device
    }
  }
}

extension KeyVault {
  /// Returns what the vault holds; nil if it is empty.
  /// - Throws: `DeviceError.vault`.
  func contentsIfAny() throws(DeviceError) -> VaultContents? {
    do throws(VaultError) { return try load() } catch { throw .vault(error) }
  }

  /// Returns what the vault holds.
  /// - Throws: `DeviceError.vaultEmpty`, `.vault`.
  func contents() throws(DeviceError) -> VaultContents {
    guard let contents = try contentsIfAny() else { throw .vaultEmpty }
    return contents
  }

  /// Checks that the vault holds nothing.
  /// - Throws: `DeviceError.vaultNotEmpty` if it holds a device, `.joinUnfinished` or `.restoreUnfinished` if it holds one
  ///   that is on its way; `.vault`.
  func checkEmpty() throws(DeviceError) {
    guard let contents = try contentsIfAny() else { return }
    throw contents.stage.obstacle ?? .vaultNotEmpty
  }
}
