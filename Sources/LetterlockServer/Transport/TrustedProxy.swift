#if Server
/// A proxy whose word on a client's address a relay's server takes.
public struct TrustedProxy: Hashable, Sendable, CustomStringConvertible {
  private enum Place: Hashable, Sendable {
    case unixSocket
    /// The first bits of these bytes.
    case network([UInt8], bitCount: Int)
  }

  private let place: Place
  /// The proxy as it was named.
  public let description: String

  /// Whoever connects by a Unix socket: its mode says who may.
  public static let unixSocket = TrustedProxy(place: .unixSocket, description: "unix")

  private init(place: Place, description: String) { (self.place, self.description) = (place, description) }

  /// A proxy by its address (`192.0.2.1`), its network (`2001:db8::/32`), or `unix` for one behind a Unix socket; nil
  /// if the text is none of these.
  public init?(_ text: String) {
    guard text != "unix" else {
      self = .unixSocket
      return
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
    var bitCount = address.bytes.count * 8
    if parts.count == 2 {
      guard let named = Int(parts[1]), (0...bitCount).contains(named), String(named) == parts[1] else {
        return nil
      }
      bitCount = named
    }
    self.init(place: .network(address.bytes, bitCount: bitCount), description: text)
  }

  /// Whether a peer is this proxy.
  func includes(_ peer: Peer) -> Bool {
    switch (place, peer) {
    case (.unixSocket, .unixSocket): true
    case (.network(let bytes, let bitCount), .address(let address)):
      address.bytes.count == bytes.count && Self.agree(address.bytes, bytes, bitCount)
    default: false
    }
  }

  private static func agree(_ first: [UInt8], _ second: [UInt8], _ bitCount: Int) -> Bool {
    let (whole, rest) = (bitCount / 8, bitCount % 8)
    guard first[..<whole] == second[..<whole] else { return false }
    return rest == 0 || (first[whole] ^ second[whole]) >> (8 - rest) == 0
  }
}

/// Who is at the other end of a connection.
enum Peer: Hashable, Sendable {
  case unixSocket
  case address(IPAddress)
  case unknown
}

extension [TrustedProxy] {
  /// Returns the address from which a request comes; nil if nobody says.
  ///
  /// Each proxy adds at the right whom it had a connection from. So the list is read from there, for as long as who
  /// added to it is trusted; what is left of that, the client may have made up.
  func client(of peer: Peer, forwardedFor fields: [String]) -> IPAddress? {
    var client = peer
    for name in fields.flatMap({ $0.split(separator: ",") }).reversed() {
      guard contains(where: { $0.includes(client) }), let address = IPAddress(name.trimmed) else { break }
      client = .address(address)
    }
    guard case .address(let address) = client else { return nil }
    return address
  }
}

extension Substring {
  /// Without the spaces and tabs at its ends.
  fileprivate var trimmed: Substring {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
    else {
      return ""
    }
    return self[first...last]
  }
}
#endif
