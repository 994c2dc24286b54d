import Foundation
import TLSCodec

/// What Tests/Vectors shows in hexadecimal, for targets that begin with valid encodings.
enum VectorSeeds {
  /// All texts that are hexadecimal, each once.
  static func all() -> [[UInt8]] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Tests/Vectors").standardized.path
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    var found: Set<[UInt8]> = []
    for file in files.sorted() where file.hasSuffix(".json") {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)"),
        let json = try? JSONSerialization.jsonObject(with: data)
      else { continue }
      collect(json, into: &found)
    }
    return found.filter { (8...4096).contains($0.count) }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func collect(_ value: Any, into found: inout Set<[UInt8]>) {
    if let object = value as? [String: Any] {
      for member in object.values { collect(member, into: &found) }
    } else if let list = value as? [Any] {
      for element in list { collect(element, into: &found) }
    } else if let text = value as? String, let bytes = Hex.decode(text) {
      found.insert(bytes)
    }
  }
}

/// A format: whether bytes are one of it. Traps if they are, and do not encode to themselves.
typealias Format = (name: String, accepts: @Sendable ([UInt8]) -> Bool)

func format<Value: TLSCodable>(_ type: Value.Type) -> Format {
  let name = String(describing: type)
  return (
    name,
    { bytes in
      guard let value = try? type.init(decoding: bytes) else { return false }
      require(value.encoded == bytes, "\(name) does not encode to what it was decoded from")
      return true
    }
  )
}

/// Targets whose inputs are the number of a format and bytes.
protocol DecodingTarget: FuzzTarget {
  static var formats: [Format] { get }
  /// Encodings of any of the formats, beside those in the vectors.
  static func samples() throws -> [[UInt8]]
}

extension DecodingTarget {
  /// At most three encodings of each format.
  static func makeSeeds() throws -> [[UInt8]] {
    let candidates = try samples() + VectorSeeds.all()
    return formats.enumerated().flatMap { number, format in
      [[UInt8(number)]] + candidates.lazy.filter(format.accepts).prefix(3).map { [UInt8(number)] + $0 }
    }
  }

  mutating func run(_ input: [UInt8]) {
    guard let first = input.first else { return }
    _ = Self.formats[Int(first) % Self.formats.count].accepts(Array(input.dropFirst()))
  }
}
