#if Tool
import Foundation
import Testing

/// Two processes at once on one archive: the second waits or is refused, and nothing is lost.
@Suite("Two commands at once on one archive")
struct HostileProcessPairTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  /// Two commands, of which each is started once.
  private struct Pair {
    let one: PairCommand
    let two: PairCommand

    var name: String { "\(one.name), \(two.name)" }
  }

  /// How many pairs, or rounds of them, one archive takes: a relay takes few changes of an account in a short time.
  private static let pairsPerArchive = 4

  /// All pairs of everyday commands where there is time; else every pair that rotates keys, and some of the rest.
  private static var everydayPairs: [Pair] {
    let commands = PairCommand.everyday
    let pairs = commands.indices.flatMap { first in
      commands[first...].map { (first, Pair(one: commands[first], two: $0)) }
    }
    return pairs.enumerated().filter { isHostile || $1.0 == 0 || $0 % 7 == 3 }.map(\.element.1)
  }

  /// All pairs with a command that is rare where there is time; else some of them.
  private static var rarePairs: [Pair] {
    let commands = PairCommand.rare
    let pairs = commands.indices.flatMap { first in
      (commands[first...] + PairCommand.everyday).map { Pair(one: commands[first], two: $0) }
    }
    return pairs.enumerated().filter { isHostile || $0.offset % 53 == 2 }.map(\.element)
  }

  /// Starts both, and takes no other refusal than that the other one is at work. Returns how many did what they say.
  private func run(_ pair: Pair, in archive: PairArchive) throws -> Int {
    let commands = [pair.one, pair.two]
    let prepared = try commands.map { try $0.prepare(archive) }
    let arguments = prepared.map { $0(archive) }
    let running = try arguments.map { try archive.folder.start($0) }
    let outcomes = try running.map { try $0.outcome() }
    var done = 0
    for (index, outcome) in outcomes.enumerated() {
      // Of two restores at once the later keeps the devices that were named to it, and not the other's.
      let isReplaced = commands.allSatisfy { $0.name == "restore" } && PairCommand.isReplaced(outcome)
      if commands[index].isDone(outcome) || isReplaced {
        done += 1
      } else {
        #expect(
          PairCommand.isRefused(outcome),
          "\(pair.name): \(arguments[index]): \(outcome.exitCode) \(outcome.output) \(outcome.errors)")
      }
      archive.follow(arguments[index], outcome)
    }
    return done
  }

  /// Whether what the other device seals now opens here: a key that was lost shows so.
  private func expectKeys(in archive: PairArchive, _ name: String = "") throws {
    let (address, folder) = ("+15550200", archive.folder)
    try folder.write(PairArchive.messages(count: 1, from: address), to: "other.xml")
    try folder.succeed("sync", "B")
    try folder.succeed("device", "rotate", "B")
    try folder.succeed("import", "other.xml", "--archive", "B")
    try folder.succeed("sync", "A")
    #expect(try folder.succeed("show", "A", address).output.contains("message 0"), "\(name)")
    try folder.succeed("verify", "A")
  }

  @Test func `one waits or is refused, and nothing is lost`() throws {
    var rest = Self.everydayPairs[...]
    while !rest.isEmpty {
      let archive = try PairArchive(fileByteCount: 100_000)
      for pair in rest.prefix(Self.pairsPerArchive) {
        #expect(try run(pair, in: archive) >= 1, "\(pair.name)")
      }
      rest = rest.dropFirst(Self.pairsPerArchive)
      try expectKeys(in: archive)
    }
  }

  @Test func `nothing is lost when a command that is rare, or in another folder, runs beside any`() throws {
    for pair in Self.rarePairs {
      // What one of them uses up is there for each pair.
      let archive = try PairArchive(fileByteCount: 100_000)
      #expect(try run(pair, in: archive) >= 1, "\(pair.name)")
      try expectKeys(in: archive, pair.name)
    }
  }

  @Test func `a file that is being added never puts an old key back`() throws {
    // 52 rounds.
    for _ in 0..<(Self.isHostile ? 13 : 1) {
      let archive = try PairArchive(fileByteCount: Self.isHostile ? 30_000_000 : 3_000_000)
      let commands = [["attachment", "add", "A", "file.bin"], ["device", "rotate", "A"]]
      for _ in 0..<Self.pairsPerArchive {
        for running in try commands.map({ try archive.folder.start($0) }) {
          let outcome = try running.outcome()
          #expect(outcome.exitCode == 0 || PairCommand.isRefused(outcome), "\(outcome.errors)")
        }
      }
      try expectKeys(in: archive)
    }
  }
}
#endif
