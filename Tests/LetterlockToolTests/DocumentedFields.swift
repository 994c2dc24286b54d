#if Tool
import Foundation

/// The fields of JSON that docs/tool.md lists.
struct DocumentedFields {
  /// Fields, each with the names of those that it holds.
  typealias Names = [String: Set<String>]

  /// By command.
  private(set) var commands: [String: Names] = [:]
  /// Those of a message.
  private(set) var message: Names = [:]

  init(page name: String = "docs/tool.md") throws {
    let project = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent()
    }
    let page = try String(contentsOf: project.appendingPathComponent(name), encoding: .utf8)
    let section = page.components(separatedBy: "\n## JSON\n").last ?? ""
    var isMessage = false
    for line in section.split(separator: "\n") where line.hasPrefix("| ") {
      let cells = line.dropFirst(2).components(separatedBy: " | ")
      guard cells.count == 2, let first = Self.names(in: cells[0]).first else {
        // The heading of a table, or a rule.
        isMessage = line.hasPrefix("| field ")
        continue
      }
      if isMessage {
        for name in Self.names(in: cells[0]) { message[name] = Set(Self.names(in: cells[1])) }
      } else {
        commands[first] = Self.fields(in: cells[1])
      }
    }
  }

  /// What stands between backticks.
  private static func names(in cell: String) -> [String] {
    cell.components(separatedBy: "`").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
  }

  /// Names outside parentheses, each with those in the parentheses after it. Those from a colon to a semicolon are held by
  /// the name before the colon.
  private static func fields(in cell: String) -> Names {
    var fields: Names = [:]
    var (depth, last, holder) = (0, "", String?.none)
    for (place, part) in cell.components(separatedBy: "`").enumerated() {
      guard place.isMultiple(of: 2) else {
        // Options are named too.
        guard part.allSatisfy(\.isLetter) else { continue }
        if depth > 0 || holder != nil {
          fields[holder ?? last, default: []].insert(part)
        } else {
          last = part
          fields[part, default: []] = []
        }
        continue
      }
      for character in part {
        switch character {
        case "(": depth += 1
        case ")": depth -= 1
        case ":" where depth == 0: holder = last
        case ";" where depth == 0: holder = nil
        default: break
        }
      }
    }
    return fields
  }
}
#endif
