#if Tool
import Letterlock

/// A history to show.
enum DemoHistory {
  static let conversation = ConversationID()
  static let bob = Address("+15550111")

  static let profile = ConversationProfile(
    id: conversation, name: "Bob", participants: [bob], service: "iMessage")

  /// What must not occur in anything a relay holds.
  static let secrets = [
    "+15550111", "+15550199", "Dinner at seven?", "The good one by the river", "tomatoes and basil", "Bob",
  ]

  static let xml = """
    <?xml version='1.0' encoding='UTF-8' standalone='yes' ?>
    <smses count="4">
      <sms address="+15550199" date="1767260000000" type="1" body="Your code is 481 220" contact_name="Bank" />
      <sms address="+15550111" date="1767261000000" type="1" body="Dinner at seven? &#55356;&#57149;" contact_name="Bob" />
      <sms address="+15550111" date="1767261060000" type="2" body="The good one by the river" contact_name="Bob" />
      <mms date="1767261120000" msg_box="1" address="+15550111" m_type="132"><parts>
        <part seq="0" ct="text/plain" text="Still want tomatoes and basil?" />
        <part seq="1" ct="image/png" cl="menu.png" data="\(picture)" />
      </parts><addrs><addr address="+15550111" type="137" /></addrs></mms>
    </smses>
    """

  /// A picture of one pixel.
  private static let picture =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

  static var messages: [Message] {
    let start: Int64 = 1_767_261_300_000_000_000
    let imported = Carriage.endToEnd(service: "iMessage")
    func at(_ seconds: Int64) -> Timestamp {
      Timestamp(nanosecondsSince1970: start + seconds * 1_000_000_000)
    }
    let question = Message(
      sender: .other(bob), sentAt: at(0), carriage: imported, body: .text("On iMessage now. See you there?"))
    let answer = Message(
      sender: .me, sentAt: at(40), carriage: imported, body: .text("On my way!"), replyTo: question.id)
    let heart = Message(
      sender: .other(bob), sentAt: at(60), carriage: imported,
      body: .reaction(Reaction(target: answer.id, kind: .love)))
    let sms = Message(
      sender: .me, sentAt: at(120), carriage: .carrier(.sms),
      body: .text("No signal here, so this goes as SMS."))
    return [question, answer, heart, sms]
  }

  /// The key with four characters changed, in four groups.
  static func mistype(_ key: String) -> String {
    var characters = Array(key)
    for place in [2, 20, 42, 60] where place < characters.count && characters[place] != "-" {
      characters[place] = characters[place] == "7" ? "3" : "7"
    }
    return String(characters)
  }
}
#endif
