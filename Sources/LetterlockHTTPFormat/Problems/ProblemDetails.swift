internal import Foundation
internal import LetterlockFormat

/// A problem as it stands in an answer's body. RFC 9457, SPEC.md section 13.7.
package enum ProblemDetails {
  package static let mediaType = "application/problem+json"
  /// What every problem's type begins with.
  package static let typePrefix = "tag:letterlock,2026:problem/"

  private struct Body: Codable {
    var type: String
    var title: String?
    var status: Int?
    /// The error's own fields in the presentation language, in base64.
    var fields: String?
  }

  /// The body that says so.
  package static func body(of problem: HTTPProblem) -> [UInt8] {
    let fields = problem.encodedFields
    let body = Body(
      type: typePrefix + problem.name, title: problem.title, status: problem.status,
      fields: fields.isEmpty ? nil : Base64.encode(fields))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A structure of texts and a number has an encoding.
    return (try? encoder.encode(body)).map { [UInt8]($0) } ?? []
  }

  /// The problem that a body describes; nil if it is none that is known here.
  package static func problem(in body: [UInt8]) -> HTTPProblem? {
    guard let body = try? JSONDecoder().decode(Body.self, from: Data(body)),
      body.type.hasPrefix(typePrefix)
    else { return nil }
    let name = String(body.type.dropFirst(typePrefix.count))
    guard let fields = Base64.decode(body.fields ?? "") else { return nil }
    return try? HTTPProblem(name: name, encodedFields: fields)
  }
}
