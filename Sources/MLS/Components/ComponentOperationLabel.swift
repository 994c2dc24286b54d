package import TLSCodec

/// What an operation with a key of MLS is for when a component does it, so that nobody takes it for another's.
///
///     struct {
///       opaque base_label<V>; /* = "MLS Component" */
///       ComponentID component_id;
///       opaque label<V>;
///     } ComponentOperationLabel;             draft-ietf-mls-extensions, section "Component IDs"
package struct ComponentOperationLabel: OperationLabel {
  /// The structure, encoded.
  package let encoded: [UInt8]

  package init(_ component: ComponentID, _ label: String) {
    var writer = TLSWriter(reserving: 24 + label.utf8.count)
    writer.write(opaque: Array("MLS Component".utf8))
    component.encode(to: &writer)
    writer.write(opaque: Array(label.utf8))
    encoded = writer.bytes
  }

  package var labelByteCount: Int { encoded.count }

  package func write(to writer: inout TLSWriter) { writer.write(fixed: encoded) }
}
