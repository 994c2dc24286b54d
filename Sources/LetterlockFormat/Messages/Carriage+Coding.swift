import TLSCodec

/// ```
/// enum {
///   local(0), imported_end_to_end(1), end_to_end(2), end_to_end_sender_verified(3),
///   sms(17), mms(18), rcs(19), unnamed(255), (255)
/// } Carriage;
/// ```
/// SPEC.md section 10.4.
struct CarriageCode: RawRepresentable, Equatable {
  var rawValue: UInt8

  static let local = Self(rawValue: 0)
  static let importedEndToEnd = Self(rawValue: 1)
  static let endToEnd = Self(rawValue: 2)
  static let endToEndSenderVerified = Self(rawValue: 3)
  static let sms = Self(rawValue: 17)
  static let mms = Self(rawValue: 18)
  static let rcs = Self(rawValue: 19)
  static let unnamed = Self(rawValue: 255)

  /// Whether the code says that the message was end-to-end encrypted, and so has a service.
  var isEndToEnd: Bool { (1...3).contains(rawValue) }

  /// Whether the code means something to this version.
  var isKnown: Bool { rawValue <= 3 || (17...19).contains(rawValue) }
}

extension CarriageCode {
  /// An unknown code never becomes one that this version knows, whatever an app puts there.
  init(_ carriage: Carriage, standing: EndToEndStanding) {
    switch carriage {
    case .local: self = .local
    case .endToEnd: self = CarriageCode(standing)
    case .carrier(.sms): self = .sms
    case .carrier(.mms): self = .mms
    case .carrier(.rcs): self = .rcs
    case .unknown(let code), .carrier(.unknown(let code)):
      let unknown = Self(rawValue: code)
      self = unknown.isKnown ? .unnamed : unknown
    }
  }

  private init(_ standing: EndToEndStanding) {
    switch standing {
    case .unsettled, .claimed: self = .importedEndToEnd
    case .marked(isSenderVerified: false), .verified(isSenderVerified: false): self = .endToEnd
    case .marked(isSenderVerified: true), .verified(isSenderVerified: true): self = .endToEndSenderVerified
    }
  }

  /// What the code and the service say; at most `marked`, since bytes prove nothing.
  func carriage(service: String?) throws(TLSError) -> (Carriage, EndToEndStanding) {
    if isEndToEnd {
      guard let service else { throw .invalidValue }
      switch self {
      case .endToEnd: return (.endToEnd(service: service), .marked(isSenderVerified: false))
      case .endToEndSenderVerified: return (.endToEnd(service: service), .marked(isSenderVerified: true))
      default: return (.endToEnd(service: service), .claimed)
      }
    }
    // An unknown carriage keeps its service among the unknown fields.
    guard service == nil else { throw .invalidValue }
    switch self {
    case .local: return (.local, .claimed)
    case .sms: return (.carrier(.sms), .claimed)
    case .mms: return (.carrier(.mms), .claimed)
    case .rcs: return (.carrier(.rcs), .claimed)
    default: return (.unknown(rawValue), .claimed)
    }
  }
}
