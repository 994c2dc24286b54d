import Foundation
import MLS
import Testing

/// The article's code, as it stands there.
@Suite("The article on components")
struct ComponentArticleTests {
  struct Title: ApplicationComponent {
    struct TooLong: Error {}

    let componentID = ComponentID.private(1)

    // Every member comes to the same result. A title that is too long makes the commit invalid.
    func data(
      _ current: [UInt8]?, after updates: [ComponentMessage], in group: ComponentContext
    ) throws -> [UInt8] {
      guard let title = updates.last?.data, title.count <= 100 else { throw TooLong() }
      return title
    }
  }

  @Test func `two members agree on a title and on a secret`() throws {
    let service = UnauthenticatedCredentials()
    var alice = try Client(credential: .basic(Array("alice".utf8)), authentication: service)
    var bob = try Client(credential: .basic(Array("bob".utf8)), authentication: service)
    alice.components = [Title()]
    bob.components = [Title()]

    var alicesGroup = try Group.create(by: alice)
    let messages = try alicesGroup.commit([
      .adding(bob.keyPackage()), .updating(Title().componentID, Array("Reading circle".utf8)),
    ])
    try alicesGroup.mergePendingCommit()
    guard let welcome = messages.welcome else { throw GroupError.noPendingCommit }
    var bobsGroup = try Group.join(welcome, as: bob)
    let title = bobsGroup.componentData[Title().componentID]

    // A secret for a call, the same for all members, once in an epoch.
    let call = ComponentID.private(2)
    let alicesSecret = try alicesGroup.safeExportSecret(for: call)
    let bobsSecret = try bobsGroup.safeExportSecret(for: call)
    #expect(title == Array("Reading circle".utf8))
    #expect(alicesSecret.isEqual(to: bobsSecret))
    let tooLong = [UInt8](repeating: 0x61, count: 101)
    do throws(GroupError) {
      try alicesGroup.commit([.updating(Title().componentID, tooLong)])
      Issue.record("the title is too long")
    } catch { #expect(error == .invalid(.componentDataRefused)) }
  }

  @Test func `the article's example is this`() throws {
    let file = URL(fileURLWithPath: #filePath)
    let article = file.deletingLastPathComponent()
      .appendingPathComponent("../../../Sources/MLS/MLS.docc/ApplicationComponents.md")
    let code = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```")[1]
    let own = Set(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(trimmed))
    let missing = code.split(separator: "\n").dropFirst().map(trimmed).filter { !own.contains($0) }
    #expect(missing == [])
  }

  private func trimmed(_ line: Substring) -> String { line.trimmingCharacters(in: .whitespaces) }
}
