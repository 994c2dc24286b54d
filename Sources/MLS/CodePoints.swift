public import TLSCodec

/// A number of an IANA registry of RFC 9420 section 17. Numbers that nobody here knows survive decoding and
/// encoding; whether one may stand where it stands is a matter of validation.
public protocol CodePoint: RawRepresentable<UInt16>, TLSCodable, Hashable, Sendable, CustomStringConvertible {
  /// Wraps a number.
  init(rawValue: UInt16)
}

extension CodePoint {
  /// Writes the number.
  public func encode(to writer: inout TLSWriter) { writer.write(rawValue) }

  /// Reads a number.
  public init(from reader: inout TLSReader) throws(TLSError) {
    self.init(rawValue: try reader.read(UInt16.self))
  }

  /// Whether the number is one of those that test how others treat the unknown. RFC 9420 section 13.5.
  public var isGREASE: Bool {
    rawValue & 0x0f0f == 0x0a0a && rawValue >> 8 == rawValue & 0xff && rawValue < 0xf000
  }

  /// One of the fifteen numbers reserved for GREASE, at random. RFC 9420 section 13.5.
  public static func randomGREASE() -> Self { Self(rawValue: UInt16.random(in: 0...14) * 0x1010 + 0x0a0a) }

  /// The number in hexadecimal.
  public var description: String {
    let digits = String(rawValue, radix: 16)
    return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// `uint16 ProtocolVersion`. RFC 9420 section 6.
public struct ProtocolVersion: CodePoint {
  /// The number.
  public let rawValue: UInt16
  /// Wraps a number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// MLS 1.0.
  public static let mls10 = ProtocolVersion(rawValue: 1)
}

/// `uint16 CredentialType`. RFC 9420 section 17.5.
public struct CredentialType: CodePoint {
  /// The number.
  public let rawValue: UInt16
  /// Wraps a number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A bare identity.
  public static let basic = CredentialType(rawValue: 1)
  /// A chain of X.509 certificates.
  public static let x509 = CredentialType(rawValue: 2)
}

/// `uint16 ExtensionType`. RFC 9420 section 17.3.
public struct ExtensionType: CodePoint {
  /// The number.
  public let rawValue: UInt16
  /// Wraps a number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Data of the application in a leaf. RFC 9420 section 5.3.3.
  public static let applicationID = ExtensionType(rawValue: 1)
  /// The ratchet tree, in a GroupInfo. RFC 9420 section 12.4.3.3.
  public static let ratchetTree = ExtensionType(rawValue: 2)
  /// What all members must support. RFC 9420 section 11.1.
  public static let requiredCapabilities = ExtensionType(rawValue: 3)
  /// The key for external commits, in a GroupInfo. RFC 9420 section 12.4.3.2.
  public static let externalPub = ExtensionType(rawValue: 4)
  /// Who may propose from outside. RFC 9420 section 12.1.8.1.
  public static let externalSenders = ExtensionType(rawValue: 5)
  /// Data of an application's components. draft-ietf-mls-extensions, section "Attaching Application Data to MLS
  /// Messages".
  public static let appDataDictionary = ExtensionType(rawValue: 6)
  /// Marks a key package that may be used again, as earlier drafts of the extensions numbered it and as other
  /// implementations send it. draft-ietf-mls-extensions, section "Last-Resort KeyPackages".
  public static let lastResort = ExtensionType(rawValue: 10)

  /// Whether every client has the extension, so that capabilities do not list it. RFC 9420 section 7.2.
  public var isDefault: Bool { (1...5).contains(rawValue) }
}

/// `uint16 ProposalType`. RFC 9420 section 17.4.
public struct ProposalType: CodePoint {
  /// The number.
  public let rawValue: UInt16
  /// Wraps a number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// RFC 9420 section 12.1.1.
  public static let add = ProposalType(rawValue: 1)
  /// RFC 9420 section 12.1.2.
  public static let update = ProposalType(rawValue: 2)
  /// RFC 9420 section 12.1.3.
  public static let remove = ProposalType(rawValue: 3)
  /// RFC 9420 section 12.1.4.
  public static let preSharedKey = ProposalType(rawValue: 4)
  /// RFC 9420 section 12.1.5.
  public static let reInit = ProposalType(rawValue: 5)
  /// RFC 9420 section 12.1.6.
  public static let externalInit = ProposalType(rawValue: 6)
  /// RFC 9420 section 12.1.7.
  public static let groupContextExtensions = ProposalType(rawValue: 7)
  /// draft-ietf-mls-extensions, section "Updating Application Data in the GroupContext".
  public static let appDataUpdate = ProposalType(rawValue: 8)
  /// draft-ietf-mls-extensions, section "Attaching Application Data to a Commit".
  public static let appEphemeral = ProposalType(rawValue: 9)
  /// draft-ietf-mls-extensions, section "SelfRemove Proposal".
  public static let selfRemove = ProposalType(rawValue: 10)

  /// Whether every client has the proposal, so that capabilities do not list it. RFC 9420 section 7.2.
  public var isDefault: Bool { (1...7).contains(rawValue) }
}
