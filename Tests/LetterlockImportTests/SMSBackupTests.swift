#if SQLite
import Foundation
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import Testing

@testable import LetterlockImport

@Suite("Android backups")
struct SMSBackupTests {
  private func items(_ xml: [UInt8]) throws -> [ImportItem] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try Data(xml).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    var importer = try SMSBackupImporter(path: path)
    var items: [ImportItem] = []
    while let item = try importer.next() { items.append(item) }
    return items
  }

  private func messages(_ xml: String) throws -> [ImportedMessage] {
    try items(Array(xml.utf8)).compactMap { if case .message(let message) = $0 { message } else { nil } }
  }

  private static let sample = """
    <?xml version='1.0' encoding='UTF-8' standalone='yes' ?>
    <!-- a backup -->
    <smses count="3">
      <sms protocol="0" address="+15550100" date="1577836800000" type="1" body="Dinner &amp; a film? &#55357;&#56832;" read="1" />
      <sms protocol="0" address="+15550100" date="1577836860000" type="2" body='He said &quot;yes&quot;' read="1" />
      <mms date="1577836920000" msg_box="1" address="+15550100" m_type="132"><parts>
      <part seq="0" ct="text/plain" text="Look" /><part seq="1" ct="image/jpeg" name="a.jpg" data="AQIDBA==" />
      </parts><addrs><addr address="+15550100" type="137" /></addrs></mms>
    </smses>
    """

  @Test func `sms and mms come with text, sender, time, carriage and files`() throws {
    let messages = try messages(Self.sample)
    #expect(messages.map(\.message.text) == ["Dinner & a film? 😀", "He said \"yes\"", "Look"])
    #expect(messages.map(\.message.sender) == [.other("+15550100"), .me, .other("+15550100")])
    #expect(
      messages.map(\.message.protection) == [.unencrypted(.sms), .unencrypted(.sms), .unencrypted(.mms)])
    #expect(messages.map(\.attachments.count) == [0, 0, 1])
    #expect(messages[0].message.sentAt.nanosecondsSince1970 == 1_577_836_800_000_000_000)
  }

  @Test func `the same file gives the same identities`() throws {
    let (first, second) = (try messages(Self.sample), try messages(Self.sample))
    #expect(first.map(\.message.id) == second.map(\.message.id))
    #expect(Set(first.map(\.message.id)).count == 3)
  }

  @Test func `a cut file gives what it holds, and says that it is cut`() throws {
    let bytes = Array(Self.sample.utf8)
    let end = try #require(Self.sample.range(of: "</smses>"))
    let endOffset = Self.sample.utf8.distance(from: Self.sample.startIndex, to: end.lowerBound)
    for count in stride(from: 70, to: endOffset, by: 3) {
      #expect(throws: ImportError.self, "\(count) bytes") { try items(Array(bytes[..<count])) }
    }
  }

  @Test func `damaged files trap nothing`() {
    var random = Seeded(state: 2)
    let bytes = Array(Self.sample.utf8)
    var read = 0
    for _ in 0..<3000 where (try? items(random.damaged(bytes))) != nil { read += 1 }
    #expect((1..<3000).contains(read))
  }

  @Test(arguments: [
    "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><smses><sms body=\"&b;\"/></smses>",
    "<smses>" + String(repeating: "<x>", count: 100_000),
    "<smses><sms " + String(repeating: "a='1' ", count: 10_000) + "/></smses>",
    "not xml at all", "<html></html>",
  ])
  func `what is made to hurt is refused`(xml: String) {
    let found = try? messages(xml)
    #expect(found == nil || found?.allSatisfy { !$0.message.text.contains("aaaa") } == true)
  }
}
#endif
