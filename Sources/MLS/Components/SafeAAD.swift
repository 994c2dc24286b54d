internal import CryptoCore
public import TLSCodec

/// Additional authenticated data of several components, which do not get into each other's way: what
/// `authenticated_data` is in a group whose GroupContext has a `safe_aad` component.
///
/// ```
/// struct {
///   ComponentID component_id;
///   opaque aad_item_data<V>;
/// } SafeAADItem;
///
/// struct {
///   SafeAADItem aad_items<V>;
/// } SafeAAD;
/// ```
/// Sorted by component, none twice. draft-ietf-mls-extensions, section "Safe Additional Authenticated Data (AAD)".
public struct SafeAAD: TLSCodable, Hashable, Sendable {
  /// The same bytes as a dictionary of components, under the same rules.
  private var items: AppDataDictionary

  /// No items.
  public init() { items = AppDataDictionary() }

  /// A component's data; nil if it has none.
  public subscript(component: ComponentID) -> [UInt8]? {
    get { items[component] }
    set { items[component] = newValue }
  }

  /// The components that have data, in order.
  public var componentIDs: [ComponentID] { items.componentData.map(\.componentID) }

  /// Writes the items.
  public func encode(to writer: inout TLSWriter) { items.encode(to: &writer) }

  /// Reads items.
  /// - Throws: `TLSError.invalidValue` if they are not sorted, or one component has two.
  public init(from reader: inout TLSReader) throws(TLSError) { items = try AppDataDictionary(from: &reader) }
}

extension SafeAAD: ExpressibleByDictionaryLiteral {
  /// Components and their data. Of two entries for one component the later counts.
  public init(dictionaryLiteral elements: (ComponentID, [UInt8])...) {
    self.init()
    for (component, data) in elements { self[component] = data }
  }
}

extension SafeAAD {
  /// What stands for nothing: an empty list of items.
  static let none: [UInt8] = [0]

  /// Whether bytes are the encoding of a SafeAAD, without making one.
  static func isEncoding(_ bytes: RawSpan) -> Bool {
    var end = 0
    guard let items = bytes.vector(at: &end), end == bytes.byteCount else { return false }
    var offset = items.lowerBound
    var former = -1
    while offset < items.upperBound {
      guard items.upperBound - offset >= 2 else { return false }
      let component = Int(bytes.bigEndian(at: offset, as: UInt16.self))
      offset += 2
      guard component > former, bytes.vector(at: &offset) != nil, offset <= items.upperBound else {
        return false
      }
      former = component
    }
    return true
  }
}
