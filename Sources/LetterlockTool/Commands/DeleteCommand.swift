#if Tool
import ArgumentParser
import Letterlock

/// What `delete` and `recover` are told.
struct DeletionOptions: ParsableArguments {
  @Argument(help: "The archive's folder.") var dir: String
  @Argument(help: "The beginning of a conversation's number, or of its title.") var conversation: String
  @Option(help: "The beginning of one message's number, `message` in JSON; may be given again.")
  var message: [String] = []
  @OptionGroup var keys: KeyOptions

  /// Does it, says so, and sends it.
  /// - Parameters:
  ///   - ask: asks the person first, who is told how many messages it is about, and in which conversation.
  ///   - say: says that it is done, to how many messages.
  func run(
    asking ask: (Int, String) throws -> Void = { _, _ in }, saying say: (Int) -> Void,
    _ action: (Device, [MessageID], ConversationID) throws(DeviceError) -> Void
  ) async throws {
    let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
    let index = try opened.timelineIndex()
    let id = try ConversationChoice.find(conversation, in: index, folder: dir)
    let all = index.references(in: id).map { index.id(of: $0) }
    let chosen = try message.map { beginning in
      try Choice(
        of: beginning, "message of this conversation", "letterlock show \(dir) \(conversation) --json"
      )
      .pick(all) { [$0.description] }
    }
    let count = chosen.isEmpty ? all.count : Set(chosen).count
    try ask(count, index.title(of: id))
    do throws(DeviceError) { try action(opened.device, chosen, id) } catch {
      throw ToolError(error, folder: dir)
    }
    say(count)
    try await opened.send()
  }
}

/// `letterlock delete`
struct DeleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Moves a conversation, or messages of it, to recently deleted.",
    discussion: """
      They can be recovered for 30 days. The first `letterlock sync` after that erases them here, on the relay \
      and on every device.
      """)

  @OptionGroup var options: DeletionOptions
  @OptionGroup var confirmation: Confirmation

  func run() async throws {
    try await Terminal.run {
      try await options.run { (count, title) in
        try confirmation.ask(
          "\(count) messages of “\(title)” would be moved to recently deleted, on every device.",
          "They can be recovered for 30 days, or as long as `letterlock settings` says. The first sync after that "
            + "erases them here, on the relay and on every device.")
      } saying: { count in
        Terminal.line(
          "Moved \(count) messages to recently deleted. `letterlock recover` takes them back for 30 days.")
      } _: { (device, messages, conversation) throws(DeviceError) in
        try device.delete(messages, in: conversation)
      }
    }
  }
}

/// `letterlock recover`
struct RecoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Takes a conversation, or messages of it, out of recently deleted.")

  @OptionGroup var options: DeletionOptions

  func run() async throws {
    try await Terminal.run {
      try await options.run(saying: { Terminal.line("Recovered \($0) messages.") }) {
        (device, messages, conversation) throws(DeviceError) in
        try device.recover(messages, in: conversation)
      }
    }
  }
}
#endif
