import LetterlockFormat
import LetterlockHTTPFormat
import LetterlockTestKit
import TLSCodec
import Testing

@Suite("SPEC.md section 13.7: problems")
struct ProblemTests {
  @Test
  func `each error of a relay comes back as it was`() async throws {
    let errors = try await RelayErrorSamples.all()
    for error in errors {
      #expect(ProblemDetails.problem(in: ProblemDetails.body(of: .relay(error))) == .relay(error))
    }
    #expect(Set(errors.map(\.problemName)).count == 20)
  }

  @Test
  func `every other problem comes back as it was`() {
    let problems = HTTPProblem.plain + [.tooManyRequests(retryAfter: .milliseconds(1500))]
    #expect(Set(problems.map(\.name)).count == 10)
    for problem in problems {
      #expect(ProblemDetails.problem(in: ProblemDetails.body(of: problem)) == problem)
    }
  }

  @Test
  func `the time to wait after too many requests is one number and nothing more`() throws {
    let fields = HTTPProblem.tooManyRequests(retryAfter: .seconds(2)).encodedFields
    #expect(fields == [0, 0, 0, 0, 0x77, 0x35, 0x94, 0])
    for wrong in [[], fields.dropLast(), fields + [0], [UInt8](repeating: 255, count: 8)] {
      #expect(throws: TLSError.self) {
        try HTTPProblem(name: "too-many-requests", encodedFields: Array(wrong))
      }
    }
    #expect(HTTPProblem.tooManyRequests(retryAfter: .seconds(-1)).retryAfterSeconds == 0)
    #expect(HTTPProblem.registrationClosed.retryAfterSeconds == nil)
  }

  @Test
  func `fields that are cut, too long or of an unknown case are no error of a relay`() async throws {
    for error in try await RelayErrorSamples.all() {
      let fields = error.encodedFields
      #expect(throws: TLSError.self) {
        try RelayError(problemName: error.problemName, encodedFields: fields + [0])
      }
      guard !fields.isEmpty else { continue }
      #expect(throws: TLSError.self) {
        try RelayError(problemName: error.problemName, encodedFields: fields.dropLast())
      }
    }
    for name in ["entry-refused", "batch-refused", "erasure-refused"] {
      #expect(throws: TLSError.unknownValue) { try RelayError(problemName: name, encodedFields: [200]) }
    }
    #expect(throws: TLSError.unknownValue) { try RelayError(problemName: "new", encodedFields: []) }
  }

  @Test
  func `a body that is no problem, or of a type that is not known, is none`() {
    let bodies = [
      "", "{}", "[]", "<html>", #"{"type":"about:blank"}"#, #"{"type":"tag:letterlock,2026:problem/new"}"#,
      #"{"type":"tag:letterlock,2026:problem/stale-history","fields":"%"}"#,
      #"{"type":"tag:letterlock,2026:problem/stale-history"}"#,
    ]
    for body in bodies { #expect(ProblemDetails.problem(in: Array(body.utf8)) == nil, "\(body)") }
  }

  @Test
  func `the time to wait is rounded up to whole seconds`() {
    #expect(RelayError.tooManyEntries(retryAfter: .milliseconds(1)).retryAfterSeconds == 1)
    #expect(RelayError.recoveryUnderway(retryAfter: .seconds(600)).retryAfterSeconds == 600)
    #expect(RelayError.removalUnderway(retryAfter: .seconds(-1)).retryAfterSeconds == 0)
    #expect(RelayError.unknownAccount.retryAfterSeconds == nil)
  }
}
