#if Tool
import ArgumentParser
import Foundation
import Letterlock
import TLSCodec

/// `letterlock recovery`
struct RecoveryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recovery",
    abstract: "The recovery key: show one that nobody saw, replace it, with the old one or without.",
    discussion: """
      With the old key: `replace DIR --old-key-file F`. Without it, the devices that have a vote decide: `propose` on \
      one of them, `vote` on others, `replace DIR --proposal F --vote V` on the first. That announces the new key, \
      which counts 72 hours later, unless `cancel` makes it void. The first device has a vote, and those that were \
      named with --approver when the present key was made.
      """,
    subcommands: [Show.self, Replace.self, Propose.self, Vote.self, Cancel.self, Acknowledge.self])

  /// `letterlock recovery show`
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Shows the recovery key that counts, if it was never shown to its end.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var output: RecoveryKeyOutput
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase()).device
        let wasHere = device.hasRecoveryKeyToShow
        do {
          // Another device may have removed this one, or replaced the key.
          try await device.sync(ignoringConditions: true).checked()
          guard let key = device.recoveryKeyToShow() else { throw Self.nothingToShow(wasHere: wasHere) }
          guard (try? device.check(key)) != nil else { throw Self.nothingToShow(wasHere: true) }
          try output.show(key, in: try output.file())
          try device.confirmRecoveryKey()
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      }
    }

    private static func nothingToShow(wasHere: Bool) -> ToolError {
      let reason =
        wasHere
        ? "The recovery key that was here counts no more, and is not shown: another one was put in its place."
        : "No recovery key is on this device: it was shown, or another one was put in its place."
      return ToolError("\(reason) `letterlock recovery replace` makes a new one.")
    }
  }

  /// `letterlock recovery replace`
  struct Replace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "replace",
      abstract: "Makes a new recovery key, shows it, and puts it in place of the old one.",
      discussion: "The old one opens what it could open before, and nothing newer.")

    @Argument(help: "The archive's folder.") var dir: String
    @Option(help: "A file that holds the old recovery key.") var oldKeyFile: String?
    @Option(help: "The file that `letterlock recovery propose` wrote here.") var proposal: String?
    @Option(help: "A file that `letterlock recovery vote` wrote; may be given again.") var vote: [String] = []
    @OptionGroup var approvers: ApproverOptions
    @OptionGroup var output: RecoveryKeyOutput
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var keys: KeyOptions

    func validate() throws {
      guard oldKeyFile == nil || (vote.isEmpty && proposal == nil) else {
        throw ValidationError("Either the old key or votes replace it.")
      }
      guard proposal == nil || approvers.approver.isEmpty else {
        throw ValidationError("The proposal says who has a vote.")
      }
    }

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        let device = opened.device
        do {
          try await device.sync(ignoringConditions: true).checked()
          let approvers = try approvers.named(in: opened, folder: dir)
          if let oldKeyFile {
            let old = try RestoreCommand.readKey(oldKeyFile)
            try device.check(old)
            try ask()
            let file = try output.file()
            try output.show(try device.prepareRecoveryKey(), in: file)
            try await device.replaceRecoveryKey(old, approvers: approvers)
            try device.confirmRecoveryKey()
          } else {
            try await announceByVote(device, approvers)
            return try Self.printAnnouncement(of: device)
          }
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
        Terminal.line("Replaced the recovery key. The old one opens nothing that is sealed from now on.")
        let names = try device.timelineIndex().deviceNames
        Terminal.line("These devices have a vote if it is ever lost:")
        for id in device.log.approvers.sorted() {
          Terminal.line("  \(id.description.prefix(16))  \(names[id] ?? "")")
        }
      }
    }

    private func ask() throws {
      try confirmation.ask(
        "The recovery key that is written down now would count no more: it opens nothing that is sealed afterwards, and "
          + "restores nothing. A new one is shown, which must be written down in its place.")
    }

    private static func printAnnouncement(of device: Device) throws {
      guard let announcement = device.log.announcement else { return }
      let days = announcement.coolingOff / 86_400_000
      Terminal.line("Announced the new recovery key. It counts in \(days) days, and the old one until then.")
      Terminal.line("Every device shows it. To make it void: letterlock recovery cancel DIR")
    }

    private func announceByVote(_ device: Device, _ approvers: Set<DeviceID>?) async throws {
      let votes = try vote.map { try PublicFile.read(RecoveryVote.self, from: $0, what: "vote") }
      let made = try proposal.map { try PublicFile.read(RecoveryProposal.self, from: $0, what: "proposal") }
      let key = try device.prepareRecoveryKey()
      let proposal = try made ?? device.proposeRecoveryKey(approvers: approvers)
      // Nobody should write down a key that cannot come in.
      let missing = try device.votesMissing(for: proposal, with: votes)
      guard missing == 0 else { throw DeviceError.votesMissing(missing) }
      try ask()
      try output.show(key, in: try output.file())
      try await device.announceRecoveryKey(by: proposal, votes: votes)
    }
  }

  /// `letterlock recovery propose`
  struct Propose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "propose", abstract: "Asks the other devices for a new recovery key, without the old one.")

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The new file to write: it holds no secret.") var file: String
    @OptionGroup var approvers: ApproverOptions
    @OptionGroup var force: ForceOption
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        let target = try Output(file: file, force.existing)
        let device = opened.device
        do {
          try await device.sync(ignoringConditions: true).checked()
          _ = try device.prepareRecoveryKey()
          let proposal = try device.proposeRecoveryKey(
            approvers: try approvers.named(in: opened, folder: dir))
          try target.write(proposal.encoded)
          try target.finish()
          let names = try device.timelineIndex().deviceNames
          Terminal.line("The code of this proposal, which the other devices ask for: \(proposal.code)")
          guard device.log.votesNeeded > 1 else {
            return Terminal.line(
              "No other device must agree: letterlock recovery replace \(dir) --proposal \(file)")
          }
          Terminal.line("\(device.log.votesNeeded - 1) of these devices must agree:")
          for approver in device.log.approvers.sorted()
          where approver != device.id && device.log.activeMember(approver) != nil {
            Terminal.line("  \(approver.description.prefix(16))  \(names[approver] ?? "")")
          }
          Terminal.line("There: letterlock recovery vote DIR \(file) VOTE --code CODE")
          Terminal.line("Then here: letterlock recovery replace \(dir) --proposal \(file) --vote VOTE")
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      }
    }
  }

  /// `letterlock recovery vote`
  struct Vote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "vote", abstract: "Agrees to a new recovery key that another device of yours proposes.",
      discussion: """
        Asks for the code that you read on the device that proposes it, so that nobody can put another proposal in its \
        place. Without it, it says which device proposes what.
        """)

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The file that `letterlock recovery propose` wrote.") var proposal: String
    @Argument(help: "The new file to write: it holds no secret.") var file: String
    @Option(help: "The code that you read there.") var code: String?
    @OptionGroup var force: ForceOption
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase()).device
        let proposal = try PublicFile.read(RecoveryProposal.self, from: proposal, what: "proposal")
        let target = try Output(file: file, force.existing)
        do {
          try await device.sync(ignoringConditions: true).checked()
          let names = try device.timelineIndex().deviceNames
          func shown(_ id: DeviceID) -> String { "\(id.description.prefix(16))  \(names[id] ?? "")" }
          Terminal.line("This device proposes a new recovery key: \(shown(proposal.content.signer))")
          Terminal.line("These would have a vote on the one after it:")
          for approver in proposal.content.approvers { Terminal.line("  \(shown(approver))") }
          guard let code else {
            throw ToolError("Not agreed. If it was you: --code, with the code that it shows.")
          }
          try target.write(try await device.vote(for: proposal, confirmedBy: code).encoded)
          try target.finish()
          Terminal.line("Agreed. Take \(file) to that device.")
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      }
    }
  }
}

/// Who may vote on the next recovery key.
struct ApproverOptions: ParsableArguments {
  @Option(
    help: """
      The beginning of the number of a device, in your hand, that may vote on the next recovery key if this one is \
      lost; may be given again. Those that have a vote keep it.
      """)
  var approver: [String] = []

  /// Nil for no others than now.
  func named(in opened: ArchiveFolder.Opened, folder: String) throws -> Set<DeviceID>? {
    guard !approver.isEmpty else { return nil }
    let device = opened.device
    let present = device.log.approvers.filter { device.log.activeMember($0) != nil }
    // A thief can make a device whose number begins like another's, if only a little of it is looked at.
    guard approver.allSatisfy({ $0.count >= 16 }) else {
      throw ToolError("--approver takes 16 characters of the device's number, or more.")
    }
    return try Set(approver.map { try DeviceNumber.find($0, in: opened, folder: folder) })
      .union(present).union([device.id])
  }
}
#endif
