import Foundation
import MLS
import Testing

/// The README's code, as it stands there.
@Suite("README: a group of two")
struct ReadmeTests {
  @Test func `this file compiles the code of README.md`() throws {
    let file = URL(fileURLWithPath: #filePath)
    let root = (0..<3).reduce(file) { folder, _ in folder.deletingLastPathComponent() }
    let page = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let section = page.components(separatedBy: "\n## Conversations: MLS\n").dropFirst().first ?? ""
    let blocks = section.components(separatedBy: "```swift\n").dropFirst()
    let shown = codeLines(blocks.first?.components(separatedBy: "```").first ?? "")
    var compiled = codeLines(try String(contentsOf: file, encoding: .utf8))[...]

    #expect(shown.count == 9)
    for line in shown {
      let place = try #require(compiled.firstIndex(of: line), "\(line)")
      compiled = compiled[(place + 1)...]
    }
  }

  /// The lines that hold code, without their indentation and their comments.
  private func codeLines(_ text: some StringProtocol) -> [String] {
    text.components(separatedBy: "\n").compactMap { line in
      let code = line.components(separatedBy: " //")[0].trimmingCharacters(in: .whitespaces)
      return code.isEmpty || code.hasPrefix("//") ? nil : code
    }
  }
}

@Suite("README: a group of two, run")
struct ReadmeExampleTests {
  @Test func `two members exchange a message`() throws {
    let service = UnauthenticatedCredentials()
    let bob = try Client(credential: .basic(Array("bob".utf8)), authentication: service)
    let bobsKeyPackage = try bob.keyPackage()
    let store = InMemoryGroupStore()
    var shown: [UInt8] = []
    func show(_ bytes: [UInt8]) { shown = bytes }

    // README.md's own "import MLS" stands above.
    let alice = try Client(credential: .basic(Array("alice".utf8)), authentication: service)

    var group = try Group.create(by: alice)
    let messages = try group.commit([.adding(bobsKeyPackage)])
    try group.mergePendingCommit()
    let sealed = try group.protect(Array("Hello, Bob.".utf8))

    let welcome = try #require(messages.welcome)
    var bobsGroup = try Group.join(welcome, as: bob, savingTo: store)
    if case .application(let message) = try bobsGroup.process(sealed) { show(message.data) }
    try bobsGroup.save(to: store)
    #expect(shown == Array("Hello, Bob.".utf8))
  }
}
