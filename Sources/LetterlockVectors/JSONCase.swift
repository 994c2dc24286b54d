import Foundation
import TLSCodec

/// A JSON object of a vector file. What is absent or of another kind reads as nothing.
struct JSONCase {
  private let object: [String: Any]

  init(_ object: [String: Any]) { self.object = object }

  init?(_ value: Any) {
    guard let object = value as? [String: Any] else { return nil }
    self.object = object
  }

  func has(_ name: String) -> Bool { object[name] != nil && !(object[name] is NSNull) }
  func text(_ name: String) -> String? { object[name] as? String }
  func number(_ name: String) -> Int? { (object[name] as? NSNumber)?.intValue }
  func flag(_ name: String) -> Bool? { object[name] as? Bool }
  func hex(_ name: String) -> [UInt8]? { text(name).flatMap(Hex.decode) }
  func texts(_ name: String) -> [String] { object[name] as? [String] ?? [] }
  func list(_ name: String) -> [JSONCase] { (object[name] as? [Any] ?? []).compactMap { JSONCase($0) } }
  func numbers(_ name: String) -> [Int] {
    (object[name] as? [Any] ?? []).compactMap { ($0 as? NSNumber)?.intValue }
  }
  /// Numbers and nulls.
  func optionalNumbers(_ name: String) -> [Int?] {
    (object[name] as? [Any] ?? []).map { ($0 as? NSNumber)?.intValue }
  }
  /// Lists of objects.
  func objectLists(_ name: String) -> [[JSONCase]] {
    (object[name] as? [Any] ?? []).map { ($0 as? [Any] ?? []).compactMap { JSONCase($0) } }
  }
  /// Lists of numbers.
  func lists(_ name: String) -> [[Int]] {
    (object[name] as? [[NSNumber]] ?? []).map { $0.map(\.intValue) }
  }
  func inner(_ name: String) -> JSONCase? { object[name].flatMap { JSONCase($0) } }

  /// Hexadecimal that must be there; an empty array if it is not, which no valid case survives.
  func bytes(_ name: String) -> [UInt8] { hex(name) ?? [] }
}
