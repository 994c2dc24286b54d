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

  private func outcome(_ xml: String) throws -> (texts: [String], lost: [String]) {
    var (texts, lost): ([String], [String]) = ([], [])
    for item in try items(Array(xml.utf8)) {
      switch item {
      case .message(let imported): texts.append(imported.message.text)
      case .skipped(let skip): lost.append(skip.isLost ? skip.reason : "skipped")
      }
    }
    return (texts, lost)
  }

  private func sms(_ body: String) -> String { "<sms address='1' date='1' type='1' body='\(body)' />" }
  private func mms(_ parts: String) -> String {
    "<mms date='1' msg_box='1' address='1'><parts>\(parts)</parts></mms>"
  }

  @Test(arguments: [(1 << 20) - 1, 1 << 20, 3 << 20])
  func `a text that a record can hold is kept`(byteCount: Int) throws {
    let text = String(repeating: "x", count: byteCount)
    let long = "<smses>" + sms(text) + mms("<part seq='0' ct='text/plain' text='\(text)' />") + "</smses>"
    let outcome = try outcome(long)
    #expect(outcome.texts.map(\.utf8.count) == [byteCount, byteCount])
    #expect(outcome.lost.isEmpty)
  }

  @Test func `a text that no record can hold is counted, and never kept as an empty one`() throws {
    let text = String(repeating: "x", count: 1 << 24 + 1)
    let half = String(repeating: "y", count: 9 << 20)
    let part = "<part seq='0' ct='text/plain' text='\(half)' />"
    let outcome = try outcome("<smses>" + sms(text) + mms(part + part) + sms("after") + "</smses>")
    #expect(outcome.texts == ["after"])
    #expect(outcome.lost == [String](repeating: "a message too long to be sealed", count: 2))
  }

  @Test(arguments: [
    "<sms address='1' date='1' type='1' body='no end />", "<sms address='1' date='1' type='1' body= />",
    "<sms address='1' date='1' type='1' body=\"one' />", "<sms =' />", "<sms address />", "<>", "</parts>",
    "< sms/>",
    "<sms address='1' date='1' type='1' body=''", "<!-- no end", "<![CDATA[ no end",
    "<mms date='1' msg_box='1' address='1'><parts><part seq='0' ct='text/plain' text=x /></parts></mms>",
    "<mms date='1' msg_box='1' address='1'><parts><part seq='0' ct='text/plain' text='x' />",
    "<mms date='1' msg_box='1' address='1'><parts></mms>",
    "<sms " + (0..<200).map { "a\($0)='1' " }.joined() + "/>",
  ])
  func `what breaks the format loses nothing but itself`(broken: String) throws {
    let outcome = try outcome("<smses>" + sms("before") + broken + sms("after") + sms("last") + "</smses>")
    #expect(outcome.texts == ["before", "after", "last"])
    #expect(outcome.lost == ["a part of the file that breaks its format"])
  }

  @Test func `messages behind a broken beginning are read`() throws {
    for start in ["<?xml version='1.0'?><smses count=3>", "<!-- no end <smses>"] {
      let outcome = try outcome(start + sms("one") + sms("two") + "</smses>")
      #expect(outcome.texts == ["one", "two"] && outcome.lost.count == 1, "\(outcome)")
    }
  }

  @Test func `many broken elements end, and the whole ones between them are read`() throws {
    let broken = (0..<2000).map { "<sms body=x /><sms a='\($0) <!-- " + sms("\($0)") }.joined(separator: "\n")
    let outcome = try outcome("<smses>" + broken + "</smses>")
    #expect(outcome.texts.count == 2000)
  }

  @Test func `a message that is not closed hides none behind it`() throws {
    let open = (0..<200).map { "<sms address='1' date='1' type='1' body='\($0)'>" }.joined()
    let outcome = try outcome("<smses>" + open + "</smses>")
    #expect(outcome.texts.count == 200)
  }

  @Test(arguments: [
    ("-99999999999999999999", Int64.min), ("-9223372036854775807", .min), ("9223372036854775807", .max),
    ("99999999999999999999", .max), ("-1", -1_000_000),
  ])
  func `a date out of range is the nearest in it`(date: String, nanoseconds: Int64) throws {
    let messages = try messages("<smses><sms address='1' date='\(date)' type='1' body='x' /></smses>")
    #expect(messages.map(\.message.sentAt.nanosecondsSince1970) == [nanoseconds])
  }

  @Test(arguments: ["date='soon' type='1'", "type='1'", "date='1' type='x'", "date='1'"])
  func `a message that cannot be placed is lost, and a draft is not`(attributes: String) throws {
    let found = try items(Array("<smses><sms \(attributes) address='1' body='x' /></smses>".utf8))
    let drafts = try items(Array("<smses><sms date='1' type='3' address='1' body='x' /></smses>".utf8))
    for (items, isLost) in [(found, true), (drafts, false)] {
      guard case .skipped(let skip)? = items.first, items.count == 1 else {
        Issue.record("\(items)")
        continue
      }
      #expect(skip.isLost == isLost)
    }
  }

  @Test func `a file of a message stays in the source until it is sealed`() throws {
    let encoded = Data(repeating: 7, count: 9000).base64EncodedString()
    let xml = "<smses>" + mms("<part seq='0' ct='image/png' data='\(encoded)' />") + "</smses>"
    let files = try messages(xml).flatMap(\.attachments)
    #expect(files.count == 1)
    guard case .stream? = files.first?.content else {
      Issue.record("\(files)")
      return
    }
  }
}
#endif
