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
    let problems: [HTTPProblem] = [
      .staleChallenge, .otherRelay, .wrongDigest, .malformed, .unknownOperation, .wrongMethod,
      .wrongMediaType,
    ]
    for problem in problems {
      #expect(ProblemDetails.problem(in: ProblemDetails.body(of: problem)) == problem)
    }
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
