extension Simulation {
  /// What a schedule is about, besides devices that write and synchronise.
  struct Theme: Sendable {
    var hasThief = false
    var lies = false
    var losesPart = false
    var crashes = false
    var restores = false
    var joins = false
    var daysPass = false
    var copiesBack = false
    var bursts = false
  }
}

extension Simulation.Theme {
  init(drawnBy generator: inout SeededGenerator) {
    func holds(_ percent: UInt64) -> Bool { generator.next() % 100 < percent }
    hasThief = holds(65)
    lies = holds(30)
    losesPart = holds(15)
    crashes = holds(60)
    restores = holds(35)
    joins = holds(35)
    daysPass = holds(30)
    copiesBack = holds(8)
    bursts = hasThief && holds(15)
  }
}

extension Simulation.Theme: CustomStringConvertible {
  var description: String {
    let parts: [(String, Bool)] = [
      ("thief", hasThief), ("lies", lies), ("backup", losesPart), ("crashes", crashes),
      ("restores", restores),
      ("joins", joins), ("days", daysPass), ("copies", copiesBack), ("bursts", bursts),
    ]
    return parts.filter(\.1).map(\.0).joined(separator: ", ")
  }
}
