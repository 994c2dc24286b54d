#if Server
internal import NIOCore

/// An IPv4 or IPv6 address. An IPv4 address that stands in an IPv6 one is the IPv4 address.
struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16 bytes, in network order.
  let bytes: [UInt8]
  /// The address as it is usually written.
  let description: String

  /// Reads an address; nil if the text is none. A name, a port, brackets and a zone are no part of an address.
  init?(_ text: some StringProtocol) {
    let allowed = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
        true
      default: false
      }
    }
    guard text.utf8.count <= 45, text.utf8.allSatisfy(allowed),
      let address = try? SocketAddress(ipAddress: String(text), port: 0)
    else {
      return nil
    }
    self.init(address)
  }

  /// The address of a socket's peer; nil if it has none.
  init?(_ socket: SocketAddress) {
    // As inet_ntop writes it, which has one form for each address.
    guard let text = socket.ipAddress else { return nil }
    let isMapped = text.hasPrefix("::ffff:") && text.contains(".")
    let canonical = isMapped ? String(text.dropFirst("::ffff:".count)) : text
    guard let bytes = canonical.contains(":") ? Self.longBytes(canonical) : Self.shortBytes(canonical) else {
      return nil
    }
    (self.bytes, description) = (bytes, canonical)
  }

  /// Whether it is this machine's own.
  var isLoopback: Bool {
    bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
  }

  /// `192.0.2.1`
  private static func shortBytes(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    let bytes = parts.compactMap { $0 }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  /// `2001:db8::1`
  private static func longBytes(_ text: String) -> [UInt8]? {
    let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false).map(groups)
    guard let head = halves.first ?? nil else { return nil }
    guard halves.count == 2 else { return head.count == 16 ? head : nil }
    guard let tail = halves[1], head.count + tail.count < 16 else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// `2001:db8`, of which the last group may be an IPv4 address.
  private static func groups(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    for group in text.split(separator: ":", omittingEmptySubsequences: true) {
      if let number = UInt16(group, radix: 16) {
        bytes += [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
      } else if let last = shortBytes(group) {
        bytes += last
      } else {
        return nil
      }
    }
    return bytes
  }

  static func == (first: IPAddress, second: IPAddress) -> Bool { first.bytes == second.bytes }

  func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
#endif
