import MLS

// Believes every credential: see the article on what the application must do.
let service = UnauthenticatedCredentials()
let alice = try Client(credential: .basic(Array("alice".utf8)), authentication: service)
let bob = try Client(credential: .basic(Array("bob".utf8)), authentication: service)

// Bob publishes a key package; Alice creates a group and adds him.
let package = try bob.keyPackage()
var alicesGroup = try Group.create(by: alice)
let messages = try alicesGroup.commit([.adding(package)])
// The delivery service has accepted the commit.
try alicesGroup.mergePendingCommit()

// Bob joins with the Welcome.
guard let welcome = messages.welcome else { throw GroupError.noPendingCommit }
var bobsGroup = try Group.join(welcome, as: bob)

// Alice writes, Bob reads.
let sealed = try alicesGroup.protect(Array("Hello, Bob.".utf8))
if case .application(let message) = try bobsGroup.process(sealed) {
  print(String(decoding: message.data, as: UTF8.self))
}
