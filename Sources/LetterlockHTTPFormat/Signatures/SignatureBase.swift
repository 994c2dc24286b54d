/// What a signature of a request is over. RFC 9421 section 2.5.
package enum SignatureBase {
  /// The bytes that are signed; nil if a component is not in the request, comes twice, or is of a kind that is not known
  /// here.
  package static func bytes(of request: RelayHTTPRequest, covering parameters: FieldInnerList) -> [UInt8]? {
    var (lines, names): ([String], Set<String>) = ([], [])
    for item in parameters.items {
      guard case .string(let name) = item.value, item.parameters.isEmpty, names.insert(name).inserted,
        let value = component(name, of: request)
      else { return nil }
      lines.append("\"\(name)\": \(value)")
    }
    lines.append("\"@signature-params\": \(parameters.serialized)")
    let base = lines.joined(separator: "\n")
    guard base.utf8.allSatisfy({ $0 < 0x80 }), lines.allSatisfy({ !$0.utf8.contains(0x0a) }) else {
      return nil
    }
    return Array(base.utf8)
  }

  /// The value of a derived component, or of a field. RFC 9421 sections 2.1 and 2.2.
  private static func component(_ name: String, of request: RelayHTTPRequest) -> String? {
    switch name {
    case "@method": request.method
    case "@authority": request.authority?.lowercased()
    case "@path": request.path.isEmpty ? "/" : request.path
    case "@query": "?" + (request.query ?? "")
    default: name.hasPrefix("@") || name != name.lowercased() ? nil : request.fields[name]
    }
  }
}
