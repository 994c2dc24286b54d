/// A way for a message to travel that the telephone company can read.
public enum Carrier: Hashable, Sendable {
  /// A short message.
  case sms
  /// A multimedia message.
  case mms
  /// Rich Communication Services, without end-to-end encryption of its own.
  case rcs
  /// A way that a newer version of this library knows; treated as readable by others.
  case unknown(UInt8)
}

/// How a message travelled, whatever protects it in storage. SPEC.md section 10.4.
public enum Carriage: Hashable, Sendable {
  /// Through a service that says it encrypts end to end, such as `iMessage`.
  case endToEnd(service: String)
  /// Through a carrier, who could read it.
  case carrier(Carrier)
  /// Not at all: written here for this account alone.
  case local
  /// In a way that a newer version of this library knows; shown as unencrypted.
  case unknown(UInt8)
}

extension Carrier: CustomStringConvertible {
  /// `sms`, `mms`, `rcs`, or `unknown(code)`.
  public var description: String {
    switch self {
    case .sms: "sms"
    case .mms: "mms"
    case .rcs: "rcs"
    case .unknown(let code): "unknown(\(code))"
    }
  }
}

extension Carriage: CustomStringConvertible {
  /// `endToEnd(service)`, the carrier, `local`, or `unknown(code)`.
  public var description: String {
    switch self {
    case .endToEnd(let service): "endToEnd(\(service))"
    case .carrier(let carrier): carrier.description
    case .local: "local"
    case .unknown(let code): "unknown(\(code))"
    }
  }
}
