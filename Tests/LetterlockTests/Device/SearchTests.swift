import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Searching a sealed history")
struct SearchTests {
  private func found(_ line: String, in device: Device, limit: Int = .max) throws -> [String] {
    var texts: [String] = []
    try device.search(line) { message, _ in
      texts.append(message.text)
      return texts.count < limit
    }
    return texts
  }

  @Test func `finds whatever the case and accents, the newest first, and what still waits`() async throws {
    let house = try await Household()
    for text in ["Käse und Brot", "brot", "CAFÉ at noon", "nothing"] {
      try house.phone.append(Household.text(text), to: house.chat)
      try await house.phone.sync()
    }
    try house.phone.append(Household.text("Brot waits"), to: house.chat)
    #expect(try found("BROT", in: house.phone) == ["Brot waits", "brot", "Käse und Brot"])
    #expect(try found("kase brot", in: house.phone) == ["Käse und Brot"])
    #expect(try found("cafe", in: house.phone) == ["CAFÉ at noon"])
    #expect(try found("brot", in: house.phone, limit: 1) == ["Brot waits"])
    #expect(try found("absent", in: house.phone) == [])
    #expect(try found("  ", in: house.phone) == [])
  }

  @Test func `an edited message is found by its newest text, a retracted one not at all`() async throws {
    let house = try await Household()
    let (edited, retracted) = (Household.text("before"), Household.text("secret"))
    let sender = edited.sender
    for message in [
      edited, retracted,
      Message(
        sender: sender, carriage: .carrier(.sms),
        body: .edit(Message.Edit(target: edited.id, newText: RichText("after")))),
      Message(sender: sender, carriage: .carrier(.sms), body: .retraction(target: retracted.id)),
    ] {
      try house.phone.append(message, to: house.chat)
    }
    try await house.phone.sync()
    #expect(try found("before", in: house.phone) == [])
    #expect(try found("after", in: house.phone) == ["after"])
    #expect(try found("secret", in: house.phone) == [])
  }

  @Test func `a stranger's edit hides nothing`() async throws {
    let house = try await Household()
    let message = Household.text("mine")
    try house.phone.append(message, to: house.chat)
    try house.phone.append(
      Message(
        sender: .other(Address("+1999")), carriage: .carrier(.sms), body: .retraction(target: message.id)),
      to: house.chat)
    #expect(try found("mine", in: house.phone) == ["mine"])
  }
}
