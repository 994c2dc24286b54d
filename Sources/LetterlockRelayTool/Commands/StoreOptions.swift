#if Server
import ArgumentParser
import Foundation
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite

/// The store that a command is about, and how accounts are named.
struct StoreOptions: ParsableArguments {
  @Option(help: "Where the relay keeps its rows: sqlite:FILE. A server may run beside the command.")
  var store: StoreLocation
  @Flag(help: "Names accounts, devices and attachments in full, not by their first eight digits.")
  var showAccounts = false

  /// Opens the store to be read: one state of it, and nothing is written.
  func openForReading() throws -> SQLiteRelay {
    try opening { () throws(RelayError) in try SQLiteRelay(readingFrom: store.path) }
  }

  /// Opens the store to be written.
  func openForWriting() throws -> SQLiteRelay {
    try opening { () throws(RelayError) in try SQLiteRelay(existing: store.path) }
  }

  private func opening(_ open: () throws(RelayError) -> SQLiteRelay) throws -> SQLiteRelay {
    do throws(RelayError) { return try open() } catch {
      throw OperatorError("The store \(store.path) cannot be opened: \(error.statement)")
    }
  }

  /// How an account is named.
  func name(_ account: AccountID) -> String { showAccounts ? account.description : account.alias }

  /// A text in which devices and attachments are named as accounts are.
  func shown(_ text: String) -> String {
    guard !showAccounts else { return text }
    return text.replacing(#/[0-9a-f]{32,}/#) { String($0.output.prefix(8)) }
  }
}

extension AccountID {
  /// What stands for an account where nobody asked for all of it.
  var alias: String { String(description.prefix(8)) }
}

/// Which account a command is about.
struct AccountArgument: ExpressibleByArgument {
  let digits: String

  init?(argument: String) {
    guard (8...64).contains(argument.count), argument.allSatisfy(\.isHexDigit),
      argument.utf8.allSatisfy({ $0 < 128 })
    else { return nil }
    digits = argument.lowercased()
  }

  /// The one account whose identifier begins so.
  func find(in relay: SQLiteRelay) throws -> AccountID {
    let found = try relay.accounts(beginning: digits)
    guard let account = found.first else {
      throw OperatorError("The store has no account that begins with \(digits.prefix(8)).")
    }
    guard found.count == 1 else {
      throw OperatorError(
        "Several accounts begin with \(digits.prefix(8)): give more digits, as `accounts --show-accounts` lists them."
      )
    }
    return account
  }
}
#endif
