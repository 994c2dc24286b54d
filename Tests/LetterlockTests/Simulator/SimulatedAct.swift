/// What a device does, at a person's wish or a thief's.
enum SimulatedAct: Hashable, Sendable {
  case sync
  case newest
  case epoch
  case rotate
  case erase
  case attach
  case removeThief(String)
  case verifyRestore
  case cancelAnnouncement
  case cancelWithKey
  case ask
  case approve(String)
  case finishJoining
  case restore
  /// A thief's.
  case record
  case addition
  case removal(String)
  case erasure
  case spoil
  case burst
  case announce
  case complete
  case seize
  case usurp
  case probe

  /// What a thief does.
  static let thiefs: [SimulatedAct] = [
    .record, .record, .record, .epoch, .addition, .erasure, .spoil, .spoil, .announce, .complete, .usurp,
    .erase, .sync,
    .sync, .probe,
  ]

  /// What a person does with a device of theirs.
  static let persons: [SimulatedAct] = [
    .sync, .sync, .sync, .sync, .sync, .sync, .newest, .epoch, .rotate, .erase, .attach, .verifyRestore,
    .cancelAnnouncement,
  ]

  var name: String { "\(self)" }
}
