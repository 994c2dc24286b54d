public import TLSCodec

/// More data in a key package, a leaf, a GroupContext or a GroupInfo.
///
/// ```
/// struct {
///   ExtensionType extension_type;
///   opaque extension_data<V>;
/// } Extension;
/// ```
/// RFC 9420 section 7.2. Types that nobody here knows survive.
public struct Extension: WireCodable, Hashable, Sendable {
  /// What the data is.
  public var type: ExtensionType
  /// The data.
  public var data: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.type), field(\.data))

  /// An extension.
  public init(type: ExtensionType, data: [UInt8]) {
    self.type = type
    self.data = data
  }

  private init(_ type: ExtensionType, encoding value: some TLSCodable) {
    self.init(type: type, data: [UInt8](value.encoded))
  }

  /// Data of the application in a leaf. RFC 9420 section 5.3.3.
  public static func applicationID(_ identifier: [UInt8]) -> Extension {
    Extension(.applicationID, encoding: [UInt8](identifier))
  }

  /// What all members must support. RFC 9420 section 11.1.
  public static func requiredCapabilities(_ required: RequiredCapabilities) -> Extension {
    Extension(.requiredCapabilities, encoding: required)
  }

  /// The key for external commits: `struct { HPKEPublicKey external_pub; } ExternalPub`. RFC 9420 section
  /// 12.4.3.2.
  public static func externalPub(_ key: HPKEPublicKey) -> Extension { Extension(.externalPub, encoding: key) }

  /// Who may propose from outside. RFC 9420 section 12.1.8.1.
  public static func externalSenders(_ senders: [ExternalSender]) -> Extension {
    Extension(.externalSenders, encoding: senders)
  }

  /// Marks a key package that may be used again. draft-ietf-mls-extensions, section "Last-Resort
  /// KeyPackages".
  public static let lastResort = Extension(type: .lastResort, data: [UInt8]([]))

  /// An extension of a random GREASE type with a few random bytes. RFC 9420 section 13.5.
  static func randomGREASE() -> Extension {
    Extension(
      type: .randomGREASE(),
      data: (0..<Int.random(in: 0...8)).map { _ in UInt8.random(in: .min ... .max) })
  }
}

extension [Extension] {
  /// The data of the extension of a type; nil if there is none.
  public func data(of type: ExtensionType) -> [UInt8]? { first { $0.type == type }?.data }

  /// Whether no type occurs twice. RFC 9420 section 13.4.
  public var hasUniqueTypes: Bool { count < 2 || Set(map(\.type)).count == count }

  private func decoded<Value: TLSCodable>(_ type: ExtensionType) throws(TLSError) -> Value? {
    guard let data = data(of: type) else { return nil }
    return try Value(decoding: data)
  }

  /// The application's data, if there is an `application_id`. RFC 9420 section 5.3.3.
  public func applicationID() throws(TLSError) -> [UInt8]? {
    try decoded(.applicationID)
  }

  /// What all members must support, if there is a `required_capabilities`. RFC 9420 section 11.1.
  public func requiredCapabilities() throws(TLSError) -> RequiredCapabilities? {
    try decoded(.requiredCapabilities)
  }

  /// The key for external commits, if there is an `external_pub`. RFC 9420 section 12.4.3.2.
  public func externalPub() throws(TLSError) -> HPKEPublicKey? { try decoded(.externalPub) }

  /// Who may propose from outside; empty without `external_senders`. RFC 9420 section 12.1.8.1.
  public func externalSenders() throws(TLSError) -> [ExternalSender] { try decoded(.externalSenders) ?? [] }
}
