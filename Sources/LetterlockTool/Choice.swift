#if Tool
import Letterlock

/// What a person means by the beginning of a number or of a name: exactly one thing, or an error.
struct Choice {
  /// What the person wrote.
  let wanted: String
  private let thing: String
  private let list: String

  /// - Parameters:
  ///   - thing: what is chosen, in the singular.
  ///   - list: the command that lists them.
  init(of wanted: String, _ thing: String, _ list: String) {
    (self.wanted, self.thing, self.list) = (wanted, thing, list)
  }

  /// The one whose name is `wanted`, else the one with a name that begins so. An empty text means nothing: a script
  /// whose variable is not set must not choose.
  func pick<Thing>(_ all: [Thing], names: (Thing) -> [String]) throws -> Thing {
    guard !wanted.isEmpty else { throw ToolError("Say which \(thing): see `\(list)`.") }
    let sought = wanted.lowercased()
    let named = all.map { (thing: $0, names: names($0).map { $0.lowercased() }) }
    let exact = named.filter { $0.names.contains(sought) }
    if exact.count == 1 { return exact[0].thing }
    let found = exact.isEmpty ? named.filter { $0.names.contains { $0.hasPrefix(sought) } } : exact
    guard let first = found.first else {
      throw ToolError("No \(thing) begins with “\(wanted)”: see `\(list)`.")
    }
    guard found.count == 1 else {
      throw ToolError(
        "\(found.count) \(thing)s begin with “\(wanted)”: give more of its number, see `\(list)`.")
    }
    return first.thing
  }
}
#endif
