#if Server
import ArgumentParser
import LetterlockServer

/// `letterlock-relay token`
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Makes tokens that let people make an account.",
    subcommands: [NewTokenCommand.self])
}

/// `letterlock-relay token new`
struct NewTokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Makes a token, and the line that makes a relay take it.",
    discussion: """
      The first line goes to a person, for `letterlock init --registration-token-file`. The second goes into the file that \
      --registration-tokens names, where the relay finds it without a restart. It does not tell the token.
      """)

  func run() {
    let new = NewRegistrationToken()
    print("Token: \(new.token)")
    print("Line:  \(new.line)")
  }
}
#endif
