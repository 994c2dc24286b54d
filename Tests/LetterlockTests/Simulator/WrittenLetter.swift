@testable import Letterlock
@testable import LetterlockFormat

/// A message that was written, or was to be.
struct WrittenLetter: Sendable {
  let message: Message
  let author: DeviceID?
  let writer: String
  /// Whether the call that recorded it returned.
  var isRecorded: Bool
  /// Whether somebody who may had it erased.
  var isErasable = false

  /// What it must be shown as, by how it travelled.
  var protection: Protection {
    switch message.carriage {
    case .carrier(let carrier): .unencrypted(carrier)
    case .endToEnd(let service): .importedEndToEnd(service: service)
    case .local: .local
    case .unknown(let code): .unencrypted(.unknown(code))
    }
  }
}
