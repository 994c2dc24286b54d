#if Tool
import Testing

@Suite("letterlock demo")
struct DemoToolTests {
  @Test func `everything that it verifies at its end is whole`() throws {
    let folder = try ToolFolder()
    let outcome = try folder.succeed("demo", "--keep", "kept")
    #expect(outcome.output.contains(" log entries and wraps: 0 failed."), "\(outcome.output)")
    #expect(outcome.output.contains("every one exactly as it was"), "\(outcome.output)")
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(try folder.text(of: "kept/page/index.html").contains("Bob"))
    try folder.succeed("verify", "kept/restored")
  }
}
#endif
