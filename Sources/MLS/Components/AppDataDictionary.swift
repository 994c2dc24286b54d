public import TLSCodec

/// What a component attaches to a group, a leaf, a key package or a GroupInfo.
///
/// ```
/// struct {
///     ComponentID component_id;
///     opaque data<V>;
/// } ComponentData;
/// ```
/// draft-ietf-mls-extensions, section "Attaching Application Data to MLS Messages".
public struct ComponentData: WireCodable, Hashable, Sendable {
  /// Whose data it is.
  public var componentID: ComponentID
  /// The data.
  public var data: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.componentID), field(\.data))

  /// Data of a component.
  public init(componentID: ComponentID, data: [UInt8]) {
    self.componentID = componentID
    self.data = data
  }
}

/// Data of an application's components, one entry for each: the `app_data_dictionary` extension.
///
/// ```
/// struct {
///     ComponentData component_data<V>;
/// } AppDataDictionary;
/// ```
/// Sorted by component, none twice. draft-ietf-mls-extensions, section "Attaching Application Data to MLS Messages".
public struct AppDataDictionary: TLSCodable, Hashable, Sendable {
  /// The entries, by component.
  public private(set) var componentData: [ComponentData]

  /// An empty dictionary.
  public init() { componentData = [] }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { componentData.isEmpty }

  /// A component's data; nil if it has none.
  public subscript(component: ComponentID) -> [UInt8]? {
    get {
      let (index, found) = place(of: component)
      return found ? componentData[index].data : nil
    }
    set {
      let (index, found) = place(of: component)
      switch (newValue, found) {
      case (let data?, true): componentData[index].data = data
      case (let data?, false):
        componentData.insert(ComponentData(componentID: component, data: data), at: index)
      case (nil, true): componentData.remove(at: index)
      case (nil, false): break
      }
    }
  }

  private func place(of component: ComponentID) -> (index: Int, found: Bool) {
    var places = 0..<componentData.count
    while !places.isEmpty {
      let middle = places.lowerBound + places.count / 2
      if componentData[middle].componentID.rawValue < component.rawValue {
        places = middle + 1..<places.upperBound
      } else {
        places = places.lowerBound..<middle
      }
    }
    let index = places.lowerBound
    return (index, index < componentData.count && componentData[index].componentID == component)
  }

  /// Writes the entries.
  public func encode(to writer: inout TLSWriter) { componentData.encode(to: &writer) }

  /// Reads entries.
  /// - Throws: `TLSError.invalidValue` if they are not sorted, or one component has two.
  public init(from reader: inout TLSReader) throws(TLSError) {
    componentData = try [ComponentData](from: &reader)
    guard componentData.isStrictlySorted(by: \.componentID) else { throw .invalidValue }
  }
}

extension AppDataDictionary: ExpressibleByDictionaryLiteral {
  /// A dictionary of components and their data. Of two entries for one component the later counts.
  public init(dictionaryLiteral elements: (ComponentID, [UInt8])...) {
    self.init()
    for (component, data) in elements { self[component] = data }
  }
}

extension Array {
  /// Whether each element's component is higher than the one before.
  func isStrictlySorted(by component: (Element) -> ComponentID) -> Bool {
    zip(self, dropFirst()).allSatisfy { component($0).rawValue < component($1).rawValue }
  }
}

/// Components that a client has, or that a group requires.
///
/// ```
/// struct {
///     ComponentID component_ids<V>;
/// } ComponentsList;
/// ```
/// draft-ietf-mls-extensions, section "Negotiating Extensions and Components".
public struct ComponentsList: WireCodable, Hashable, Sendable {
  /// The components, in any order.
  public var componentIDs: [ComponentID]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.componentIDs))

  /// A list of components.
  public init(_ componentIDs: [ComponentID]) { self.componentIDs = componentIDs }
}

extension Extension {
  /// Data of components. draft-ietf-mls-extensions, section "Attaching Application Data to MLS Messages".
  public static func appDataDictionary(_ dictionary: AppDataDictionary) -> Extension {
    Extension(type: .appDataDictionary, data: dictionary.encoded)
  }
}

extension [Extension] {
  /// The components' data, if there is an `app_data_dictionary`.
  /// - Throws: `TLSError` if it is not one.
  public func appDataDictionary() throws(TLSError) -> AppDataDictionary? {
    guard let data = data(of: .appDataDictionary) else { return nil }
    return try AppDataDictionary(decoding: data)
  }

  /// The list with this dictionary: in the place of the one that it has, or at the end.
  func replacing(_ dictionary: AppDataDictionary) -> [Extension] {
    var extensions = self
    let new = Extension.appDataDictionary(dictionary)
    if let place = firstIndex(where: { $0.type == .appDataDictionary }) {
      extensions[place] = new
    } else {
      extensions.append(new)
    }
    return extensions
  }
}
