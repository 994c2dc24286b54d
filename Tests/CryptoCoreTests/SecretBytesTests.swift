import Testing

@testable import CryptoCore

@Suite("Secrets: comparing, printing, wiping")
struct SecretBytesTests {
  private static let bytes: [UInt8] = [0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce]

  @Test(arguments: [SecretBytes.Placement.heap, .guarded])
  func `equal bytes are equal wherever they lie`(placement: SecretBytes.Placement) {
    let secret = SecretBytes(copying: Self.bytes, placement: placement)
    let isEqual = secret.isEqual(to: SecretBytes(copying: Self.bytes))
    #expect(isEqual)
    #expect(secret.exportRawBytes() == Self.bytes && secret.byteCount == Self.bytes.count)
  }

  @Test func `one bit anywhere makes secrets unequal`() {
    let secret = SecretBytes(copying: Self.bytes)
    let key = SecretKey(copying: Self.bytes)
    for bit in 0..<Self.bytes.count * 8 {
      let other = Self.bytes.flippingBit(bit)
      let isEqual = secret.isEqual(to: SecretBytes(copying: other))
      #expect(!isEqual)
      #expect(!key.isEqual(to: SecretKey(copying: other)))
      #expect(!constantTimeEqual(Self.bytes, other))
    }
  }

  @Test func `a prefix is not equal, whichever side is shorter`() {
    for count in 0..<Self.bytes.count {
      let prefix = Array(Self.bytes[..<count])
      #expect(!SecretKey(copying: Self.bytes).isEqual(to: SecretKey(copying: prefix)))
      #expect(!SecretKey(copying: prefix).isEqual(to: SecretKey(copying: Self.bytes)))
      #expect(!constantTimeEqual(Self.bytes, prefix) && !constantTimeEqual(prefix, Self.bytes))
    }
  }

  @Test func `two empty secrets are equal`() {
    let areEqual = SecretBytes(copying: []).isEqual(to: SecretBytes(copying: [], placement: .guarded))
    #expect(areEqual)
    #expect(SecretKey(copying: []).isEqual(to: SecretKey(copying: [])) && constantTimeEqual([], []))
    #expect(SecretKey(copying: []).exportRawBytes().isEmpty)
  }

  @Test func `a duplicate has the same bytes in a place of its own`() {
    let secret = SecretBytes(copying: Self.bytes)
    let duplicate = secret.duplicate()
    let isEqual = duplicate.isEqual(to: secret)
    #expect(isEqual)
    #expect(address(of: duplicate) != address(of: secret))
  }

  @Test func `a key is written over where it lies, unless others hold it or its size changes`() {
    var key = SecretKey(copying: Self.bytes)
    let place = ObjectIdentifier(key)
    [UInt8](repeating: 1, count: 8).withRawSpan { SecretKey.replace(&key, with: $0) }
    #expect(key.exportRawBytes() == [UInt8](repeating: 1, count: 8) && ObjectIdentifier(key) == place)
    let other = key
    [UInt8](repeating: 2, count: 8).withRawSpan { SecretKey.replace(&key, with: $0) }
    #expect(key.exportRawBytes() == [UInt8](repeating: 2, count: 8))
    #expect(other.exportRawBytes() == [UInt8](repeating: 1, count: 8))
    [3, 3].withRawSpan { SecretKey.replace(&key, with: $0) }
    #expect(key.exportRawBytes() == [3, 3])
  }

  @Test func `random secrets differ`() {
    #expect(!SecretKey(random: 32).isEqual(to: SecretKey(random: 32)))
    let areEqual = SecretBytes(random: 32, placement: .guarded).isEqual(to: SecretBytes(random: 32))
    #expect(!areEqual)
  }

  @Test func `parts and wholes keep the order of the bytes`() {
    let whole = SecretKey(copying: Self.bytes)
    #expect(whole.slice(2..<5).exportRawBytes() == [0xbe, 0xef, 0xfe])
    let joined = SecretKey(concatenating: [
      whole.slice(0..<3), SecretKey(copying: []), whole.slice(3..<8),
    ])
    #expect(joined.isEqual(to: whole))
  }
}

extension SecretBytesTests {
  @Test func `no printed form of a key shows a byte`() {
    let printed = everyPrintedForm(of: SecretKey(copying: Self.bytes)).lowercased()
    #expect(printed.contains("secretkey(8 bytes)"))
    for byte in Self.bytes {
      #expect(!printed.contains(String(byte, radix: 16)) && !printed.contains(String(byte)))
    }
    #expect(Mirror(reflecting: SecretKey(copying: Self.bytes)).children.isEmpty)
  }

  @Test func `a key inside an array, a tuple or an optional shows no byte`() {
    let key = SecretKey(copying: Self.bytes)
    for printed in [
      everyPrintedForm(of: [key]), everyPrintedForm(of: (key, 1)), everyPrintedForm(of: Optional(key)),
    ] {
      #expect(!printed.contains("222") && !printed.contains("0xde"))
    }
  }

  /// The region is what a careless description of its owner would reach.
  @Test func `the memory behind a key shows an address and a size, and no byte`() {
    let region = SecretRegion(byteCount: 4, placement: .heap)
    region.withMutableBytes { $0.copy([0x5a, 0x5a, 0x5a, 0x5a], to: 0) }
    let printed = everyPrintedForm(of: region)
    #expect(!printed.contains("90, 90") && !printed.contains("5a5a5a5a"))
  }
}

extension SecretBytesTests {
  private func address(of secret: borrowing SecretBytes) -> Int { secret.withBytes(startAddress) }
}

/// Where a span begins, as a number that keeps nothing alive.
private func startAddress(_ span: RawSpan) -> Int {
  // Only the address leaves.
  unsafe span.withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
}

#if DEBUG
/// One after the other: memory that one test gave back may be another's next.
@Suite("Secrets: wiping", .serialized)
struct SecretWipingTests {
  private struct Refusal: Error {}

  /// Watches the memory at `address`, and says after `release` whether it was given back as zeros.
  private func isWiped(_ address: Int, after release: () -> Void) -> Bool? {
    WipeProbe.shared.watch(address)
    release()
    return WipeProbe.shared.wasWiped(address)
  }

  @Test func `secret bytes are wiped when they go out of use`() {
    var secret: SecretBytes? = SecretBytes(copying: [1, 2, 3, 4])
    let address = secret?.withBytes(startAddress) ?? 0
    #expect(isWiped(address) { secret = nil } == true)
  }

  @Test func `a key is wiped with its last reference and not before`() {
    var first: SecretKey? = SecretKey(copying: [1, 2, 3, 4])
    var second = first
    let address = first?.withBytes(startAddress) ?? 0
    #expect(isWiped(address) { first = nil } == nil)
    #expect(second?.exportRawBytes() == [1, 2, 3, 4])
    #expect(isWiped(address) { second = nil } == true)
  }

  @Test func `bytes of a secret that could not be made are wiped`() {
    var address = 0
    #expect(throws: Refusal.self) {
      _ = try SecretBytes(byteCount: 4) { (bytes) throws(Refusal) in
        bytes.copy([1, 2, 3, 4], to: 0)
        address = bytes.withReadOnly(startAddress)
        WipeProbe.shared.watch(address)
        throw Refusal()
      }
    }
    #expect(WipeProbe.shared.wasWiped(address) == true)
  }

  @Test func `the probe tells memory that was not wiped`() {
    var bytes: [UInt8] = [1, 2, 3, 4]
    // The array is as long as the count, and outlives the call.
    let wiped = unsafe bytes.withUnsafeMutableBytes { buffer -> Bool? in
      guard let start = buffer.baseAddress else { return nil }
      WipeProbe.shared.watch(Int(bitPattern: start))
      unsafe WipeProbe.shared.note(start, buffer.count)
      return WipeProbe.shared.wasWiped(Int(bitPattern: start))
    }
    #expect(wiped == false)
  }
}
#endif
