public import TLSCodec

/// `opaque HashReference<V>`: a proposal or a key package, by its hash. RFC 9420 section 5.2.
public protocol HashReference: TLSCodable, Hashable, Sendable, CustomStringConvertible {
  /// The hash.
  var bytes: [UInt8] { get }
  /// Wraps a hash.
  init(bytes: [UInt8])
}

extension HashReference {
  /// Writes a length and the hash.
  public func encode(to writer: inout TLSWriter) { writer.write(opaque: bytes) }

  /// Reads a length and the hash.
  public init(from reader: inout TLSReader) throws(TLSError) { self.init(bytes: try reader.readOpaque()) }

  /// Lower-case hexadecimal.
  public var description: String { Hex.encode(bytes) }
}

/// `HashReference KeyPackageRef`. RFC 9420 section 5.2.
public struct KeyPackageRef: HashReference {
  /// The hash.
  public let bytes: [UInt8]
  /// Wraps a hash.
  public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// `HashReference ProposalRef`. RFC 9420 section 5.2.
public struct ProposalRef: HashReference {
  /// The hash.
  public let bytes: [UInt8]
  /// Wraps a hash.
  public init(bytes: [UInt8]) { self.bytes = bytes }
}

extension CipherSuiteAlgorithms {
  /// `MakeKeyPackageRef(value) = RefHash("MLS 1.0 KeyPackage Reference", value)`.
  package func reference(to package: KeyPackage) -> KeyPackageRef {
    KeyPackageRef(bytes: refHash(label: "MLS 1.0 KeyPackage Reference", package.encoded))
  }

  /// `MakeProposalRef(value) = RefHash("MLS 1.0 Proposal Reference", value)`, where the value is the
  /// AuthenticatedContent in which the proposal was sent.
  package func reference(to proposal: AuthenticatedContent) -> ProposalRef {
    ProposalRef(bytes: refHash(label: "MLS 1.0 Proposal Reference", proposal.encoded))
  }
}
