/// An input, read as decisions: when it ends, all that is left is 0.
struct Choices {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether something is left.
  var hasMore: Bool { place < bytes.count }

  /// All that is left.
  var rest: [UInt8] { Array(bytes[place...]) }

  mutating func byte() -> UInt8 {
    guard place < bytes.count else { return 0 }
    defer { place += 1 }
    return bytes[place]
  }

  /// A number from 0 to `bound` - 1.
  mutating func below(_ bound: Int) -> Int { bound < 1 ? 0 : Int(byte()) % bound }

  mutating func flag() -> Bool { byte() & 1 == 1 }

  mutating func number() -> UInt64 { (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) } }

  /// A number that is often near an end of its range.
  mutating func size() -> UInt64 {
    switch below(4) {
    case 0: UInt64(byte())
    case 1: UInt64.max - UInt64(byte())
    case 2: UInt64(1) << UInt64(below(64))
    default: number()
    }
  }

  /// Up to `maximum` bytes.
  mutating func some(_ maximum: Int) -> [UInt8] { (0..<below(maximum + 1)).map { _ in byte() } }

  mutating func element<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

  /// Some changes of single bytes and of runs of them.
  mutating func alter(_ bytes: inout [UInt8]) {
    for _ in 0..<below(6) where !bytes.isEmpty && bytes.count < 1 << 16 {
      let place = (Int(byte()) << 8 | Int(byte())) % bytes.count
      switch below(6) {
      case 0: bytes[place] = byte()
      case 1: bytes[place] ^= 1 << (byte() % 8)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(byte(), at: place)
      case 4: bytes.removeSubrange(place...)
      default: bytes.append(contentsOf: bytes[place..<min(bytes.count, place + Int(byte()))])
      }
    }
  }
}
