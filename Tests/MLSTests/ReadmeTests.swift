import MLS
import Testing

/// The README's code, as it stands there.
@Suite("README: a group of two")
struct ReadmeTests {
  @Test func `two members exchange a message`() throws {
    let service = UnauthenticatedCredentials()
    let alice = try Client(credential: .basic(Array("alice".utf8)), authentication: service)
    let bob = try Client(credential: .basic(Array("bob".utf8)), authentication: service)

    var group = try Group.create(by: alice)
    let messages = try group.commit([.adding(bob.keyPackage())])
    try group.mergePendingCommit()

    let welcome = try #require(messages.welcome)
    let store = InMemoryGroupStore()
    var bobsGroup = try Group.join(welcome, as: bob, savingTo: store)
    let sealed = try group.protect(Array("Hello, Bob.".utf8))
    guard case .application(let message) = try bobsGroup.process(sealed) else {
      Issue.record("not a message")
      return
    }
    try bobsGroup.save(to: store)
    #expect(message.data == Array("Hello, Bob.".utf8))
  }
}
