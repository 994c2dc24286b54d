#if HTTP && Server
import LetterlockFormat
import Testing

@testable import LetterlockServer

@Suite("Limits: token buckets")
struct TokenBucketTests {
  private let time = ManualServerClock()
  private let rate = RequestRate(burst: 3, perSecond: 2)

  private func charge(_ address: String, _ count: Int = 1, _ rate: RequestRate? = nil) -> TokenBuckets.Charge
  {
    .init(.read, .address(ClientAddress(testing: address)), rate ?? self.rate, count)
  }

  @Test func `a burst is given at once, and then as much as comes back`() {
    let buckets = TokenBuckets(maximumCount: 10, clock: time.clock)
    for _ in 0..<3 { #expect(buckets.take([charge("192.0.2.1")]) == nil) }
    #expect(buckets.take([charge("192.0.2.1")]) == .milliseconds(500))
    #expect(buckets.take([charge("192.0.2.2")]) == nil)
    time.advance(by: .milliseconds(500))
    #expect(buckets.take([charge("192.0.2.1")]) == nil)
    #expect(buckets.take([charge("192.0.2.1")]) != nil)
    time.advance(by: .seconds(100))
    for _ in 0..<3 { #expect(buckets.take([charge("192.0.2.1")]) == nil) }
    #expect(buckets.take([charge("192.0.2.1")]) != nil)
  }

  @Test func `what one of several buckets refuses is taken from none`() {
    let buckets = TokenBuckets(maximumCount: 10, clock: time.clock)
    #expect(buckets.take([charge("192.0.2.1", 3)]) == nil)
    #expect(buckets.take([charge("192.0.2.2"), charge("192.0.2.1")]) != nil)
    for _ in 0..<3 { #expect(buckets.take([charge("192.0.2.2")]) == nil) }
  }

  @Test func `more than a bucket holds goes once it is full, and is missing then`() {
    let buckets = TokenBuckets(maximumCount: 10, clock: time.clock)
    #expect(buckets.take([charge("192.0.2.1", 5)]) == nil)
    #expect(buckets.take([charge("192.0.2.1")]) == .milliseconds(1500))
    #expect(buckets.take([charge("192.0.2.1", .max)]) != nil)
    time.advance(by: .seconds(10))
    #expect(buckets.take([charge("192.0.2.1", .max)]) == nil)
    // As deep in debt as the bucket is high, and no deeper.
    time.advance(by: .seconds(3))
    #expect(buckets.take([charge("192.0.2.1", 3)]) == nil)
  }

  @Test func `there are no more rows than there is room for, and full buckets have none`() {
    let buckets = TokenBuckets(maximumCount: 100, clock: time.clock)
    for number in 0..<50 { #expect(buckets.take([charge("192.0.2.\(number)")]) == nil) }
    #expect(buckets.count == 50)
    time.advance(by: .seconds(1))
    for number in 0..<100 { #expect(buckets.take([charge("198.51.100.\(number)")]) == nil) }
    #expect(buckets.count == 100)
    for number in 0..<1000 {
      #expect(buckets.take([charge("2001:db8:0:\(String(number, radix: 16))::1")]) == nil)
    }
    #expect(buckets.count <= 100)
  }

  @Test func `an unlimited rate counts nothing`() {
    let buckets = TokenBuckets(maximumCount: 10, clock: time.clock)
    for _ in 0..<100 { #expect(buckets.take([charge("192.0.2.1", .max, .unlimited)]) == nil) }
    #expect(buckets.count == 0)
  }

  @Test func `a rate that gives nothing back asks to wait for long`() throws {
    let buckets = TokenBuckets(maximumCount: 10, clock: time.clock)
    let rate = RequestRate(burst: 1, perSecond: 0)
    #expect(buckets.take([charge("192.0.2.1", 1, rate)]) == nil)
    #expect(try #require(buckets.take([charge("192.0.2.1", 1, rate)])) == .seconds(31_536_000))
  }

  @Test func `an import of 100,000 messages and a restore of 1,000,000 records meet no limit`() {
    let buckets = TokenBuckets(maximumCount: 10, clock: time.clock)
    let rates = RequestRates()
    // Every message in a batch of its own, with an attachment that is begun and has three parts, all in no time.
    for (index, rate) in [rates.writes.device, rates.writes.account, rates.writes.address].enumerated() {
      for _ in 0..<5 { #expect(buckets.take([charge("192.0.2.\(index)", 100_000, rate)]) == nil) }
    }
    // Every record in an answer of its own.
    for (index, rate) in [rates.reads.device, rates.reads.account, rates.reads.address].enumerated() {
      #expect(buckets.take([charge("198.51.100.\(index)", 1_000_000, rate)]) == nil)
    }
  }
}

@Suite("Limits: what an address counts as")
struct CountedAddressTests {
  private func counted(_ text: String) throws -> ClientAddress {
    ClientAddress(try #require(IPAddress(text), "\(text)"))
  }

  @Test(arguments: [
    ("2001:db8::1", "2001:DB8:0:0:ffff::1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"), ("::2", "::192.0.2.1"),
    ("fe80::1", "fe80::2"),
  ])
  func `addresses of one client count as one`(_ first: String, _ second: String) throws {
    #expect(try counted(first) == counted(second))
  }

  @Test(arguments: [
    ("2001:db8::1", "2001:db8:0:1::1"), ("192.0.2.1", "192.0.2.2"), ("192.0.2.1", "c000:201::"),
    ("0.0.0.0", "::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.2"), ("::", "::ffff:0.0.0.0"),
  ])
  func `addresses of two clients count as two`(_ first: String, _ second: String) throws {
    #expect(try counted(first) != counted(second))
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
    ("::ffff:7f00:1", true), ("::2", false), ("128.0.0.1", false), ("::ffff:128.0.0.1", false),
    ("1::1", false), ("::127.0.0.1", false), ("::", false), ("fe80::1", false),
  ])
  func `limits for addresses do not hold for this machine`(_ text: String, _ isLoopback: Bool) throws {
    let address = try #require(IPAddress(text))
    #expect(address.isLoopback == isLoopback)
    #expect((ClientLimits(ServerLimits()).countedAddress(address) == nil) == isLoopback)
    var limits = ServerLimits()
    limits.countsLoopback = true
    #expect(ClientLimits(limits).countedAddress(address) == ClientAddress(address))
  }

  @Test(arguments: [
    "", "not an address", "1::2::3", ":::", "1:2:3", "::ffff:300.0.2.1", "12345::", "192.0.2.1:80",
    "[2001:db8::1]", "[2001:db8::1]:80", "fe80::1%eth0", "fe80::1%25eth0", "%eth0", "192.0.2", "192.0.2.1.5",
    "192.0.2.-1", "192.0.2.+1", "0x7f.1", "2130706433", "192.0.2.1 ", " ::1", "::1/128", "::1\0",
    "1:2:3:4:5:6:7:8:9",
    String(repeating: "x", count: 100_000), String(repeating: ":", count: 100_000),
  ])
  func `what is more or less than an address is none`(_ text: String) {
    #expect(IPAddress(text) == nil)
  }
}

extension ClientAddress {
  /// What a test names, which is an IPv4 address.
  init(testing text: String) {
    guard let address = IPAddress(text) else { preconditionFailure("\(text) is no address") }
    self.init(address)
  }
}
#endif
