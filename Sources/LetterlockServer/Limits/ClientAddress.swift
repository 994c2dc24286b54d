#if Server
/// What limits count a client's address by: an IPv4 address, or the /64 of an IPv6 address, which one client may have
/// whole.
struct ClientAddress: Hashable, Sendable {
  /// An address as people read it, cut if it is none.
  let text: String
  /// Whether it is this machine's own.
  let isLoopback: Bool

  /// Reads an address as text.
  init(_ address: String) {
    let address = address.prefix { $0 != "%" }.prefix(64).lowercased()
    guard address.contains(":"), let groups = Self.groups(of: address) else {
      (text, isLoopback) = (address, address.hasPrefix("127."))
      return
    }
    if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xffff {
      // An IPv4 address, as a socket for both has it.
      let parts = [groups[6] >> 8, groups[6] & 0xff, groups[7] >> 8, groups[7] & 0xff]
      (text, isLoopback) = (parts.map { "\($0)" }.joined(separator: "."), parts[0] == 127)
      return
    }
    isLoopback = groups[..<7].allSatisfy { $0 == 0 } && groups[7] == 1
    text = groups[..<4].map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
  }

  /// The eight groups of an IPv6 address; nil if it is none. RFC 4291 section 2.2.
  private static func groups(of address: String) -> [UInt16]? {
    let halves = address.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2, let head = halves.first.flatMap(Self.someGroups) else { return nil }
    guard halves.count == 2 else { return head.count == 8 ? head : nil }
    guard let tail = someGroups(halves[1]), head.count + tail.count < 8 else { return nil }
    return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
  }

  private static func someGroups(_ text: Substring) -> [UInt16]? {
    var groups: [UInt16] = []
    guard !text.isEmpty else { return groups }
    for part in text.split(separator: ":", omittingEmptySubsequences: false) {
      if part.contains(".") {
        let numbers = part.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard numbers.count == 4 else { return nil }
        let bytes = numbers.compactMap { $0.map(UInt16.init) }
        guard bytes.count == 4 else { return nil }
        groups += [bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3]]
      } else {
        guard part.utf8.count <= 4, let group = UInt16(part, radix: 16) else { return nil }
        groups.append(group)
      }
    }
    return groups
  }
}
#endif
