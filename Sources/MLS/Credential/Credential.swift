public import TLSCodec

/// Who a member says it is; the application's authentication service says whether that is so.
///
/// ```
/// struct {
///   CredentialType credential_type;
///   select (Credential.credential_type) {
///     case basic:  opaque identity<V>;
///     case x509:   Certificate certificates<V>;
///   };
/// } Credential;
/// ```
/// RFC 9420 section 5.3. A type that is not known here is taken to hold one `opaque<V>`, as every registered
/// type does, and survives.
public enum Credential: TLSCodable, Hashable, Sendable {
  /// A bare identity, in a form that the application defines.
  case basic(identity: [UInt8])
  /// A chain of certificates, the member's own first.
  case x509(certificates: [Certificate])
  /// A type that this library does not know.
  case unknown(CredentialType, [UInt8])

  /// A basic credential.
  public static func basic(_ identity: [UInt8]) -> Credential { .basic(identity: [UInt8](identity)) }

  /// The type on the wire.
  public var type: CredentialType {
    switch self {
    case .basic: .basic
    case .x509: .x509
    case .unknown(let type, _): type
    }
  }

  /// Writes the type and the content.
  public func encode(to writer: inout TLSWriter) {
    type.encode(to: &writer)
    switch self {
    case .basic(let identity): identity.encode(to: &writer)
    case .x509(let certificates): certificates.encode(to: &writer)
    case .unknown(_, let content): content.encode(to: &writer)
    }
  }

  /// Reads a type and its content.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try CredentialType(from: &reader) {
    case .basic: self = .basic(identity: try [UInt8](from: &reader))
    case .x509: self = .x509(certificates: try [Certificate](from: &reader))
    case let type: self = .unknown(type, try [UInt8](from: &reader))
    }
  }
}

/// One DER-encoded certificate of a chain: `struct { opaque cert_data<V>; } Certificate`. RFC 9420 section
/// 5.3.
public struct Certificate: WireCodable, Hashable, Sendable {
  /// The certificate.
  public var bytes: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.bytes))

  /// Wraps a certificate.
  public init(bytes: [UInt8]) { self.bytes = bytes }
}
