import CryptoCore
import Foundation

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What a relay must not learn.
extension Simulation {
  /// Looks for plaintext, names and keys in everything that the relay keeps.
  func checkRelayRows() async {
    guard seed % 8 == 0 else { return }
    let bytes = try? await server.service.store.store.read(.account(home.account)) {
      (rows) throws(RelayError) -> [UInt8] in
      var bytes: [UInt8] = []
      for table in RelayTable.allCases where table.distributionColumn == "account" {
        for row in try rows.rows(in: table, .all, .ascending, limit: .max) {
          for case .bytes(let value) in row.values { bytes += value }
        }
      }
      return bytes
    }
    guard let bytes else { return trace.violate("the relay's rows cannot be read") }
    let data = Data(bytes)
    for word in ["letter ", "secret name", "stolen", "tablet", "15550100", "iMessage"]
    where data.range(of: Data(word.utf8)) != nil { trace.violate("the relay knows the word \(word)") }
    var secrets = [home.recoveryKey]
    for party in parties.values {
      guard let device = party.device else { continue }
      let (keys, _, epochs) = device.secrets
      secrets += [keys.signingSeed, keys.sealingSeed].map { $0.exportRawBytes() }
      secrets += epochs.values.map { $0.exportRawBytes() }
    }
    for secret in Set(secrets) where data.range(of: Data(secret)) != nil {
      trace.violate("the relay knows a key")
    }
  }
}
