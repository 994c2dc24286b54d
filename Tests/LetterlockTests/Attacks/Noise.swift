@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A device that adds a record before each page of the history that the relay hands out, a number of times.
actor Noise {
  private let house: Household
  private var left: Int

  init(_ house: Household, limit: Int) { (self.house, left) = (house, limit) }

  /// Whether nothing comes any more.
  var isOver: Bool { left == 0 }

  func comeBeforeNextPage() async {
    await house.relay.beforePage { await self.come() }
  }

  private func come() async {
    guard left > 0 else { return }
    left -= 1
    // While the account is held, the relay does not take it.
    try? house.mac.append(Household.text("noise"), to: house.chat)
    _ = try? await house.mac.sync()
    await comeBeforeNextPage()
  }
}
