#if HTTP && Server
import Foundation

/// What docs/relay-openapi.yaml says, as far as tests compare it: read line by line, in the layout in which the page is
/// written.
struct OpenAPIDocument {
  struct Operation {
    let path: String
    let method: String
    var name = ""
    /// The names of its parameters, in paths, queries and fields.
    var parameters: Set<String> = []
    var bodyMediaType: String?
    var body: String?
    /// Its answers' media types and structures, by status.
    var answers: [Int: (mediaType: String?, structure: String?)] = [:]
    var problems: Set<String> = []
    var isForAnyone = false
  }

  private(set) var operations: [Operation] = []
  private(set) var everyRequest: Set<String> = []
  private(set) var everySignedRequest: Set<String> = []
  /// The problems of each status.
  private(set) var problems: [Int: Set<String>] = [:]
  /// Where each parameter stands.
  private(set) var places: [String: String] = [:]
  /// What each schema's description names before the comma.
  private(set) var structures: [String: String] = [:]
  /// The line's place: the keys above it, by indentation.
  private var keys: [(indent: Int, key: String)] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let indent = line.prefix { $0 == " " }.count
      let content = line.dropFirst(indent)
      while let last = keys.last, last.indent >= indent { keys.removeLast() }
      guard !content.hasPrefix("- ") else {
        take(keys.map(\.key), item: String(content.dropFirst(2)))
        continue
      }
      let parts = content.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let key = Self.unquoted(String(parts[0]))
      keys.append((indent, key))
      let value = parts.count > 1 ? Self.unquoted(parts[1].trimmingCharacters(in: .whitespaces)) : ""
      take(keys.map(\.key), value)
    }
  }

  private static func unquoted(_ text: String) -> String { text.trimmingCharacters(in: ["'"]) }

  private static func list(_ value: String) -> Set<String> {
    Set(value.trimmingCharacters(in: ["[", "]"]).split(separator: ", ").map(String.init))
  }

  private static func name(_ reference: String) -> String {
    reference.split(separator: "/").last.map(String.init) ?? ""
  }

  private mutating func take(_ place: [String], item: String) {
    switch place.first {
    case "paths" where place.last == "parameters":
      operations[operations.count - 1].parameters.insert(
        Self.name(Self.unquoted(item.replacing("$ref: ", with: ""))))
    case "components" where place.last == "enum":
      let problem = item.replacing("tag:letterlock,2026:problem/", with: "")
      if let status = Int(place[2].replacing("Problem", with: "")) {
        problems[status, default: []].insert(problem)
      }
    default: break
    }
  }

  private mutating func take(_ place: [String], _ value: String) {
    switch place.first {
    case "x-every-request": everyRequest = Self.list(value)
    case "x-every-signed-request": everySignedRequest = Self.list(value)
    case "paths" where place.count == 3:
      operations.append(Operation(path: place[1], method: place[2].uppercased()))
    case "paths" where place.count > 3: takeOperation(Array(place.dropFirst(3)), value)
    case "components" where place.count == 4 && place[1] == "parameters" && place[3] == "in":
      places[place[2]] = value
    case "components" where place.count == 4 && place[1] == "schemas" && place[3] == "description":
      structures[place[2]] = value.replacing(/, SPEC.md section.*/, with: "")
    default: break
    }
  }

  private mutating func takeOperation(_ place: [String], _ value: String) {
    let last = operations.count - 1
    switch place[0] {
    case "operationId": operations[last].name = value
    case "security": operations[last].isForAnyone = value == "[]"
    case "x-problems": operations[last].problems = Self.list(value)
    case "requestBody" where place.count == 3: operations[last].bodyMediaType = place[2]
    case "requestBody" where place.last == "$ref": operations[last].body = Self.name(value)
    case "responses" where place.count > 1:
      guard let status = Int(place[1]) else { return }
      if place.count == 2 { operations[last].answers[status] = (nil, nil) }
      if place.count == 4, place[2] == "content" { operations[last].answers[status]?.mediaType = place[3] }
      if place.contains("content"), place.last == "$ref" {
        operations[last].answers[status]?.structure = Self.name(value)
      }
    default: break
    }
  }
}

/// Tables of SPEC.md.
enum SpecificationTables {
  /// A file of the project.
  static func text(of path: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The rows of the tables of a section, without their headings.
  static func rows(of section: String) throws -> [[String]] {
    let text = try text(of: "SPEC.md")
    guard let start = text.range(of: "\n### \(section) "),
      let end = text.range(of: "\n### ", range: start.upperBound..<text.endIndex)
    else { throw CocoaError(.fileReadCorruptFile) }
    return text[start.upperBound..<end.lowerBound].split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
      line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }
}
#endif
