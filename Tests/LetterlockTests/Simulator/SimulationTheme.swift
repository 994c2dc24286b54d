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
    /// The thief removes who may announce a recovery key, and announces one.
    var seizes = false
    /// The relay promises records that it does not have.
    var promises = false
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
    focus(on: generator.next() % 16)
  }

  /// Some lives are about one thing alone: where anything may be to blame, little can be judged.
  private mutating func focus(on number: UInt64) {
    switch number {
    case 0: self = Self(losesPart: true)
    case 1: self = Self(losesPart: true, crashes: true)
    case 2: self = Self(lies: true, joins: true)
    case 3: self = Self(lies: true, daysPass: true)
    case 4, 5: self = Self(hasThief: hasThief, crashes: true, restores: true)
    case 6: self = Self(lies: true, joins: true)
    case 7: self = Self(hasThief: true, seizes: true)
    case 8: self = Self(lies: true, promises: true)
    default: break
    }
  }
}

extension Simulation.Theme: CustomStringConvertible {
  var description: String {
    let parts: [(String, Bool)] = [
      ("thief", hasThief), ("lies", lies), ("backup", losesPart), ("crashes", crashes),
      ("restores", restores),
      ("joins", joins), ("days", daysPass), ("copies", copiesBack), ("bursts", bursts),
      ("seizes", seizes), ("promises", promises),
    ]
    return parts.filter(\.1).map(\.0).joined(separator: ", ")
  }
}
