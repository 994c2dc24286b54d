public import TLSCodec

/// Changes a component's data in the GroupContext: what it becomes, the component says.
///
/// ```
/// enum {
///     invalid(0), update(1), remove(2), (255)
/// } AppDataUpdateOperation;
///
/// struct {
///     ComponentID component_id;
///     AppDataUpdateOperation op;
///
///     select (AppDataUpdate.op) {
///         case update: opaque update<V>;
///         case remove: struct{};
///     };
/// } AppDataUpdate;
/// ```
/// draft-ietf-mls-extensions, section "Updating Application Data in the GroupContext".
public struct AppDataUpdate: WireCodable, Hashable, Sendable {
  /// Whose data.
  public var componentID: ComponentID
  /// What happens to it.
  public var operation: Operation

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.componentID), field(\.operation))

  /// A change.
  public init(componentID: ComponentID, operation: Operation) {
    self.componentID = componentID
    self.operation = operation
  }

  /// `AppDataUpdateOperation`, with what belongs to it.
  public enum Operation: TLSCodable, Hashable, Sendable {
    /// The component makes its new data of this.
    case update([UInt8])
    /// The component's data goes.
    case remove

    /// Writes the operation and what belongs to it.
    public func encode(to writer: inout TLSWriter) {
      switch self {
      case .update(let update):
        writer.write(UInt8(1))
        writer.write(opaque: update)
      case .remove: writer.write(UInt8(2))
      }
    }

    /// Reads an operation and what belongs to it.
    public init(from reader: inout TLSReader) throws(TLSError) {
      switch try reader.read(UInt8.self) {
      case 1: self = .update(try reader.readOpaque())
      case 2: self = .remove
      default: throw .unknownValue
      }
    }
  }
}

/// Data of a component that comes with a commit, and changes nothing of the group.
///
/// ```
/// struct {
///     ComponentID component_id;
///     opaque data<V>;
/// } AppEphemeral;
/// ```
/// draft-ietf-mls-extensions, section "Attaching Application Data to a Commit".
public struct AppEphemeral: WireCodable, Hashable, Sendable {
  /// Whose data it is.
  public var componentID: ComponentID
  /// The data.
  public var data: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.componentID), field(\.data))

  /// Data for a component.
  public init(componentID: ComponentID, data: [UInt8]) {
    self.componentID = componentID
    self.data = data
  }
}

extension Proposal {
  /// Gives a component's data in the GroupContext an update. Whether the component takes it shows when it is committed.
  /// draft-ietf-mls-extensions, section "Updating Application Data in the GroupContext".
  public static func updating(_ component: ComponentID, _ update: [UInt8]) -> Proposal {
    .appDataUpdate(AppDataUpdate(componentID: component, operation: .update(update)))
  }

  /// Removes a component's data from the GroupContext. draft-ietf-mls-extensions, section "Updating Application Data in
  /// the GroupContext".
  public static func removingData(of component: ComponentID) -> Proposal {
    .appDataUpdate(AppDataUpdate(componentID: component, operation: .remove))
  }

  /// Sends data to a component of all members with the commit: all must have it. draft-ietf-mls-extensions, section
  /// "Attaching Application Data to a Commit".
  public static func sending(_ data: [UInt8], to component: ComponentID) -> Proposal {
    .appEphemeral(AppEphemeral(componentID: component, data: data))
  }
}
