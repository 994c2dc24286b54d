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
      With the old key: `replace DIR --old-key-file F`. Without it, the devices that were in the account when the old \
      key was made decide: `propose` on one of them, `vote` on others, `replace DIR --vote F` on the first.
      """,
    subcommands: [Show.self, Replace.self, Propose.self, Vote.self])

  /// `letterlock recovery show`
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Shows the account's first recovery key, if it was never shown to its end.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var output: RecoveryKeyOutput
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase(), for: .changing).device
        guard let key = device.recoveryKeyToShow() else {
          throw ToolError(
            "The recovery key was shown, and is not on this device. To have a new one: letterlock recovery replace"
          )
        }
        try output.show(key, in: try output.file())
        do throws(DeviceError) { try device.confirmRecoveryKey() } catch {
          throw ToolError(error, folder: dir)
        }
      }
    }
  }

  /// `letterlock recovery replace`
  struct Replace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "replace",
      abstract: "Makes a new recovery key, shows it, and puts it in place of the old one.",
      discussion: """
        The old one opens what it could open before, and nothing newer. If the relay does not answer, the next \
        `letterlock sync` goes on with it.
        """)

    @Argument(help: "The archive's folder.") var dir: String
    @Option(help: "A file that holds the old recovery key.") var oldKeyFile: String?
    @Option(help: "A file that `letterlock recovery vote` wrote; may be given again.") var vote: [String] = []
    @OptionGroup var output: RecoveryKeyOutput
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase(), for: .changing).device
        let votes = try vote.map { try PublicFile.read(RecoveryVote.self, from: $0, what: "vote") }
        do {
          try await device.sync(ignoringConditions: true).checked()
          if oldKeyFile == nil {
            // Nobody should write down a key that cannot come in.
            let missing = try device.votesMissing(with: votes)
            guard missing == 0 else { throw DeviceError.votesMissing(missing) }
          }
          if let oldKeyFile {
            let old = try RestoreCommand.readKey(oldKeyFile)
            try device.check(old)
            try output.show(try device.prepareRecoveryKey(), in: try output.file())
            try await device.replaceRecoveryKey(old)
          } else {
            try output.show(try device.prepareRecoveryKey(), in: try output.file())
            try await device.replaceRecoveryKey(votes: votes)
          }
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
        print("Replaced the recovery key. The old one opens nothing that is sealed from now on.")
      }
    }
  }

  /// `letterlock recovery propose`
  struct Propose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "propose", abstract: "Asks the other devices for a new recovery key, without the old one.")

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "A file to write: it holds no secret.") var file: String
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase(), for: .changing).device
        do {
          try await device.sync(ignoringConditions: true).checked()
          _ = try device.prepareRecoveryKey()
          try PublicFile.write(try device.proposeRecoveryKey(), to: file)
          let names = try device.timelineIndex().deviceNames
          let needed = device.log.votesNeeded - 1
          guard needed > 0 else {
            print("No other device is needed: letterlock recovery replace \(dir)")
            return
          }
          print("\(needed) of these devices must agree, with `letterlock recovery vote DIR \(file) VOTE`:")
          for elector in device.log.electors.sorted()
          where elector != device.id && device.log.activeMember(elector) != nil {
            print("  \(elector.description.prefix(16))  \((names[elector] ?? "").shown)")
          }
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      }
    }
  }

  /// `letterlock recovery vote`
  struct Vote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "vote", abstract: "Agrees to a new recovery key that another device of yours proposes.",
      discussion: """
        Says first which device proposes it; a second run with --confirm agrees. Agree only if it was you who \
        proposed it, on that device.
        """)

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The file that `letterlock recovery propose` wrote.") var proposal: String
    @Argument(help: "A file to write: it holds no secret.") var file: String
    @Flag(help: "It was I who proposed it, on that device.") var confirm = false
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase(), for: .changing).device
        let proposal = try PublicFile.read(RecoveryProposal.self, from: proposal, what: "proposal")
        do {
          try await device.sync(ignoringConditions: true).checked()
          let vote = try await device.vote(for: proposal)
          let proposer = proposal.content.signer
          let name = try device.timelineIndex().deviceNames[proposer] ?? ""
          let who = "\(proposer.description.prefix(16))  \(name.shown)"
          guard confirm else {
            throw ToolError(
              "Not agreed. This device asks for a new recovery key: \(who). If it was you: --confirm")
          }
          try PublicFile.write(vote, to: file)
          print("Agreed that \(who) replaces the recovery key. Take \(file) there.")
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      }
    }
  }
}
#endif
