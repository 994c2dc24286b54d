#if SQLite
/// Why bytes are not a typedstream.
enum TypedstreamError: Error, Hashable {
  case truncated
  case badHeader
  case badTag
  case badReference
  case badType
  case tooDeep
  case tooLong
}

/// What NSArchiver writes: objects by their classes and typed values, with references to what came before.
/// Decoded whole, into a flat table, so that references can be followed and cycles do no harm.
struct Typedstream {
  /// Everything that a reference can name, in the order it began.
  private(set) var objects: [Entry] = []
  /// The first object of the stream.
  private(set) var root: Value = .none

  /// Something that a reference can name.
  enum Entry {
    case object(classIndex: Int?, groups: [[Value]])
    case classInfo(name: String, superclass: Int?)
    case string([UInt8])
    case unfinished
  }

  /// One value.
  indirect enum Value {
    case none
    case integer(Int64)
    case real(Double)
    case bytes([UInt8])
    /// A place in `objects`.
    case reference(Int)
    case list([Value])
  }

  /// Decodes a stream. Time and memory are bounded by its length.
  init(_ bytes: [UInt8]) throws(TypedstreamError) {
    var decoder = Decoder(bytes)
    try decoder.readHeader()
    let group = try decoder.readGroup()
    root = group.first ?? .none
    objects = decoder.objects
  }

  /// The name of an object's class, and of each class above it.
  func classNames(of index: Int) -> [String] {
    guard objects.indices.contains(index), case .object(let first, _) = objects[index] else { return [] }
    var names: [String] = []
    var next = first
    while let index = next, names.count < 32, case .classInfo(let name, let superclass) = objects[index] {
      names.append(name)
      next = superclass
    }
    return names
  }

  /// What an object holds, group by group.
  func groups(of index: Int) -> [[Value]] {
    guard objects.indices.contains(index), case .object(_, let groups) = objects[index] else { return [] }
    return groups
  }
}

extension Typedstream {
  /// Reads the stream from its start to its end.
  private struct Decoder {
    private let bytes: [UInt8]
    private var position = 0
    private var isBigEndian = false
    private var strings: [[UInt8]] = []
    fileprivate var objects: [Entry] = []
    private var depth = 0
    /// How many more steps may be taken. Every value of a stream that an archiver wrote takes a byte of it; a type
    /// that is named again and again, of values that take none, would cost its length each time.
    private var steps: Int

    /// A type's name is a few letters; the longest that Messages writes has under a hundred.
    private static let maximumTypeByteCount = 1024
    private static let maximumClassByteCount = 128

    private enum Tag {
      static let int16: UInt8 = 0x81
      static let int32: UInt8 = 0x82
      static let real: UInt8 = 0x83
      static let new: UInt8 = 0x84
      static let none: UInt8 = 0x85
      static let end: UInt8 = 0x86
      static let firstReference = 0x92
    }

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      steps = 4 * bytes.count + 1024
    }

    private mutating func spend(_ count: Int = 1) throws(TypedstreamError) {
      steps -= count
      guard steps >= 0 else { throw .tooLong }
    }

    private mutating func byte() throws(TypedstreamError) -> UInt8 {
      guard position < bytes.count else { throw .truncated }
      defer { position += 1 }
      return bytes[position]
    }

    private mutating func take(_ count: Int) throws(TypedstreamError) -> [UInt8] {
      guard count >= 0, bytes.count - position >= count else { throw .truncated }
      defer { position += count }
      return Array(bytes[position..<position + count])
    }

    mutating func readHeader() throws(TypedstreamError) {
      let version = try byte()
      let signature = try take(Int(try byte()))
      switch signature {
      case Array("streamtyped".utf8): isBigEndian = false
      case Array("typedstream".utf8): isBigEndian = true
      default: throw .badHeader
      }
      guard (3...4).contains(version) else { throw .badHeader }
      _ = try integer()
    }

    private mutating func fixed(_ byteCount: Int) throws(TypedstreamError) -> UInt64 {
      let raw = try take(byteCount)
      let ordered = isBigEndian ? raw : raw.reversed()
      return ordered.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func integer() throws(TypedstreamError) -> Int64 { try integer(try byte()) }

    private mutating func integer(_ head: UInt8) throws(TypedstreamError) -> Int64 {
      switch head {
      case Tag.int16: Int64(Int16(truncatingIfNeeded: try fixed(2)))
      case Tag.int32: Int64(Int32(truncatingIfNeeded: try fixed(4)))
      case Tag.real, Tag.new, Tag.none, Tag.end: throw .badTag
      default: Int64(Int8(bitPattern: head))
      }
    }

    /// A length, which is never negative; NSArchiver writes it as an integer that counts as unsigned.
    private mutating func length() throws(TypedstreamError) -> Int {
      let head = try byte()
      switch head {
      case Tag.int16: return Int(try fixed(2))
      case Tag.int32: return Int(try fixed(4))
      case 0..<0x80: return Int(head)
      default: throw .badTag
      }
    }

    private mutating func reference(_ head: UInt8) throws(TypedstreamError) -> Int {
      let number = try integer(head)
      // References count from 0x92 as a signed byte: -110.
      let index = number - Int64(Int8(bitPattern: UInt8(Tag.firstReference)))
      guard index >= 0, index < Int64(Int32.max) else { throw .badReference }
      return Int(index)
    }

    /// A string that later ones may refer to.
    private mutating func sharedString() throws(TypedstreamError) -> [UInt8]? {
      let head = try byte()
      switch head {
      case Tag.none: return nil
      case Tag.new:
        let string = try take(try length())
        strings.append(string)
        return string
      default:
        let index = try reference(head)
        guard strings.indices.contains(index) else { throw .badReference }
        return strings[index]
      }
    }

    /// A type, and the values that it names.
    mutating func readGroup() throws(TypedstreamError) -> [Value] {
      guard let type = try sharedString(), type.count <= Self.maximumTypeByteCount else { throw .badType }
      try spend()
      var parser = type[...]
      var values: [Value] = []
      while !parser.isEmpty { values.append(try value(of: &parser)) }
      return values
    }

    private mutating func descend() throws(TypedstreamError) {
      depth += 1
      guard depth <= 100 else { throw .tooDeep }
    }

    /// Reads one value of the type at the start of `type`, which is taken off.
    private mutating func value(of type: inout ArraySlice<UInt8>) throws(TypedstreamError) -> Value {
      try spend()
      guard let kind = type.popFirst() else { throw .badType }
      switch kind {
      case UInt8(ascii: "@"): return try object()
      case UInt8(ascii: "#"): return try classInfo().map { .reference($0) } ?? .none
      case UInt8(ascii: "+"): return .bytes(try take(try length()))
      case UInt8(ascii: "*"): return try cString()
      case UInt8(ascii: ":"), UInt8(ascii: "%"): return try sharedString().map { .bytes($0) } ?? .none
      case UInt8(ascii: "c"): return .integer(Int64(Int8(bitPattern: try byte())))
      case UInt8(ascii: "C"), UInt8(ascii: "B"): return .integer(Int64(try byte()))
      case UInt8(ascii: "s"), UInt8(ascii: "S"), UInt8(ascii: "i"), UInt8(ascii: "I"),
        UInt8(ascii: "l"), UInt8(ascii: "L"), UInt8(ascii: "q"), UInt8(ascii: "Q"):
        return .integer(try integer())
      case UInt8(ascii: "f"): return try real(4)
      case UInt8(ascii: "d"): return try real(8)
      case UInt8(ascii: "["): return try array(&type)
      case UInt8(ascii: "{"): return try structure(&type)
      default: throw .badType
      }
    }

    private mutating func real(_ byteCount: Int) throws(TypedstreamError) -> Value {
      let head = try byte()
      guard head == Tag.real else { return .real(Double(try integer(head))) }
      let bits = try fixed(byteCount)
      return .real(
        byteCount == 4
          ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: bits))
    }

    private mutating func array(_ type: inout ArraySlice<UInt8>) throws(TypedstreamError) -> Value {
      var count = 0
      while let digit = type.first, (0x30...0x39).contains(digit) {
        count = count * 10 + Int(digit - 0x30)
        guard count <= bytes.count else { throw .truncated }
        type.removeFirst()
      }
      try descend()
      defer { depth -= 1 }
      var values: [Value] = []
      let element = type
      try spend(element.count / 16)
      guard let kind = element.first, kind != UInt8(ascii: "]") else { throw .badType }
      if kind == UInt8(ascii: "c") || kind == UInt8(ascii: "C") {
        type.removeFirst()
        let raw = try take(count)
        try close(&type, UInt8(ascii: "]"))
        return .bytes(raw)
      }
      for _ in 0..<count {
        type = element
        let before = position
        values.append(try value(of: &type))
        // An element of no bytes would make a short stream yield elements without end.
        guard position > before else { throw .badType }
      }
      if count == 0 { type = element.drop { $0 != UInt8(ascii: "]") } }
      try close(&type, UInt8(ascii: "]"))
      return .list(values)
    }

    private mutating func structure(_ type: inout ArraySlice<UInt8>) throws(TypedstreamError) -> Value {
      try descend()
      defer { depth -= 1 }
      // Looking for the name's end reads the rest of the type.
      try spend(type.count / 16)
      if let equals = type.firstIndex(of: UInt8(ascii: "=")) { type = type[(equals + 1)...] }
      var values: [Value] = []
      while let next = type.first, next != UInt8(ascii: "}") { values.append(try value(of: &type)) }
      try close(&type, UInt8(ascii: "}"))
      return .list(values)
    }

    private func close(_ type: inout ArraySlice<UInt8>, _ bracket: UInt8) throws(TypedstreamError) {
      guard type.popFirst() == bracket else { throw .badType }
    }

    private mutating func cString() throws(TypedstreamError) -> Value {
      let head = try byte()
      switch head {
      case Tag.none: return .none
      case Tag.new:
        let index = objects.count
        objects.append(.unfinished)
        objects[index] = .string(try sharedString() ?? [])
        return .reference(index)
      default: return .reference(try known(head))
      }
    }

    private mutating func known(_ head: UInt8) throws(TypedstreamError) -> Int {
      let index = try reference(head)
      guard objects.indices.contains(index) else { throw .badReference }
      return index
    }

    private mutating func object() throws(TypedstreamError) -> Value {
      let head = try byte()
      switch head {
      case Tag.none: return .none
      case Tag.new:
        try descend()
        defer { depth -= 1 }
        let index = objects.count
        objects.append(.unfinished)
        let classIndex = try classInfo()
        var groups: [[Value]] = []
        while true {
          guard position < bytes.count else { throw .truncated }
          if bytes[position] == Tag.end {
            position += 1
            break
          }
          groups.append(try readGroup())
        }
        objects[index] = .object(classIndex: classIndex, groups: groups)
        return .reference(index)
      default: return .reference(try known(head))
      }
    }

    /// A class and the classes above it; nil ends the chain.
    private mutating func classInfo() throws(TypedstreamError) -> Int? {
      let head = try byte()
      switch head {
      case Tag.none: return nil
      case Tag.new:
        try descend()
        defer { depth -= 1 }
        let name = try sharedString() ?? []
        // Many classes may share one name, of which each makes a string.
        guard name.count <= Self.maximumClassByteCount else { throw .badType }
        _ = try integer()
        let index = objects.count
        objects.append(.unfinished)
        objects[index] = .classInfo(name: String(decoding: name, as: UTF8.self), superclass: try classInfo())
        return index
      default: return try known(head)
      }
    }
  }
}
#endif
