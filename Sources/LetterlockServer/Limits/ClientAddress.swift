#if Server
/// What limits count a client's address by: an IPv4 address, or the /64 of an IPv6 address, which one client may have
/// whole.
struct ClientAddress: Hashable, Sendable {
  private let prefix: UInt64
  private let isLong: Bool

  /// The address or network that an address counts for.
  init(_ address: IPAddress) {
    isLong = address.bytes.count == 16
    prefix = address.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
#endif
