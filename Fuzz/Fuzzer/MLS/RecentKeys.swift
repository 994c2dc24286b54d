import CryptoCore
import Synchronization

@testable import MLS

/// The keys of the newest key packages only: millions are made while a target runs.
final class RecentKeys: KeyStore {
  private let recent = Mutex<[(reference: KeyPackageRef, keys: KeyPackageKeys)]>([])
  private let psk = SecretKey(copying: [UInt8](repeating: 7, count: 32))

  func save(_ keys: KeyPackageKeys, for reference: KeyPackageRef) {
    recent.withLock { $0 = $0.suffix(15) + [(reference, keys)] }
  }

  func keyPackage(_ reference: KeyPackageRef) -> KeyPackageKeys? {
    recent.withLock { $0.last { $0.reference == reference }?.keys }
  }

  func deleteKeyPackage(_ reference: KeyPackageRef) {
    recent.withLock { $0.removeAll { $0.reference == reference } }
  }

  func preSharedKey(_ identifier: [UInt8]) -> SecretKey? { identifier == [7] ? psk : nil }
}
