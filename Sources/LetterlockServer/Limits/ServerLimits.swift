#if Server
/// What a server takes from its clients at most, so that none of them keeps it from the others. SPEC.md section 13.10;
/// docs/operating.md says why each number is what it is.
///
/// All of it holds for one process. Limits for an address are for a client's address as it is if it is IPv4, and for its
/// /64 if it is IPv6. A client without an address, or one of this machine, is a proxy or the operator: limits for
/// addresses do not hold for it unless `countsLoopback` says so.
public struct ServerLimits: Hashable, Sendable {
  /// Who may make an account.
  public var registration: Registration = .open

  /// The connections of all clients together.
  public var connectionCount = 20_000
  /// The connections of a client's address.
  public var connectionCountPerAddress = 256
  /// Whether limits for addresses hold for clients of this machine too.
  public var countsLoopback = false

  /// How long a client may take for the head of a request, from its first byte on.
  public var headTimeout: Duration = .seconds(10)
  /// The bytes of a body that come in a second at least, on average.
  public var bodyByteRate = 1024
  /// How long a body may come more slowly than that, counted while the server waits for it.
  public var bodyGrace: Duration = .seconds(10)
  /// How long a client may take nothing of an answer that waits for it.
  public var readerTimeout: Duration = .seconds(30)

  /// The bytes of all bodies that are being received, and of all answers that are being sent.
  public var bufferedByteCount = 1 << 30
  /// The bytes of those for one address.
  public var bufferedByteCountPerAddress = 1 << 29
  /// How long a request waits for room among those.
  public var bufferWait: Duration = .seconds(10)

  /// The event streams of a device. The oldest is ended for a new one.
  public var eventStreamCountPerDevice = 4
  /// The event streams of an account. The oldest is ended for a new one.
  public var eventStreamCountPerAccount = 64

  /// How often clients may ask.
  public var rates = RequestRates()
  /// The counts of requests that are kept at once; the state of some client is forgotten for more.
  public var bucketCount = 200_000

  /// The limits that a server has if it is told nothing.
  public init() {}
}

/// Who may make an account at a server. SPEC.md section 13.11.
public enum Registration: Hashable, Sendable {
  /// Anyone.
  case open
  /// Whoever brings a token. The file has the SHA-256 of a token in each line, in 64 hexadecimal digits; what follows `#`
  /// is for people. It is read again when it changes.
  case token(file: String)
  /// Nobody.
  case closed
}
#endif
