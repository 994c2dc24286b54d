import Testing

@testable import CryptoCore

/// RFC 9106's own figures have four lanes, which libsodium has not. Those here with one lane were computed by
/// OpenSSL 4 (its Argon2id, another implementation), except where a source is named.
@Suite("RFC 9106: Argon2id")
struct Argon2idTests {
  private func key(
    _ password: String = "password", salt: [UInt8] = Array(0..<16), memoryKiB: Int = 64, passes: Int = 2,
    byteCount: Int = 32
  ) throws -> SecretKey {
    try Argon2id.deriveKey(
      from: SecretKey(copying: Array(password.utf8)), salt: salt, memoryKiB: memoryKiB, passes: passes,
      byteCount: byteCount)
  }

  @Test func `keys are those of another implementation`() throws {
    #expect(
      try key().exportRawBytes()
        == [UInt8](hex: "716882821df77bc6414358b07159fb63 ca1c90beaeb9d0ca0e43bd887dcf2ca9"))
    #expect(
      try key("", memoryKiB: 256, passes: 3, byteCount: 64).exportRawBytes()
        == [UInt8](
          hex: """
            ce58d2ca1f00bdd00d071ad112d87bd6 d67c8e4e5ecfe07e81e3d533236d1509
            1118b8e8367dc1fa184143dab9de7ed1 72401b1a46998ff96597db47155cf922
            """))
  }

  /// From the test program of the reference implementation (P-H-C/phc-winner-argon2, test.c).
  @Test func `the reference implementation's encoded hash is of its password alone`() {
    let encoded = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
    #expect(Argon2id.verify(encoded: encoded, password: Array("password".utf8)))
    #expect(!Argon2id.verify(encoded: encoded, password: Array("Password".utf8)))
    #expect(!Argon2id.verify(encoded: encoded, password: []))
    #expect(
      !Argon2id.verify(encoded: encoded.replacing("t=2", with: "t=3"), password: Array("password".utf8)))
  }

  @Test func `each parameter changes the key`() throws {
    let keys = try [
      key(), key("Password"), key(""), key(salt: Array(1..<17)), key(memoryKiB: 72), key(passes: 3),
      key(byteCount: 33).slice(0..<32),
    ]
    for (index, first) in keys.enumerated() {
      for second in keys[(index + 1)...] { #expect(!first.isEqual(to: second)) }
    }
    #expect(try key().isEqual(to: keys[0]))
  }

  @Test func `parameters outside the bounds are refused`() {
    func expectRefusal(_ body: () throws -> SecretKey) {
      #expect(throws: PasswordHashError.invalidParameters) { _ = try body() }
    }
    for salt in [[], Array(0..<15), Array(0..<17)] as [[UInt8]] { expectRefusal { try key(salt: salt) } }
    for memoryKiB in [Int.min, -1, 0, 7, 1 << 22 + 1, Int.max] {
      expectRefusal { try key(memoryKiB: memoryKiB) }
    }
    for passes in [Int.min, -1, 0, 1_025, Int.max] { expectRefusal { try key(passes: passes) } }
    for byteCount in [Int.min, -1, 0, 15, 1_025, Int.max] { expectRefusal { try key(byteCount: byteCount) } }
  }

  @Test func `the least of everything gives a key`() throws {
    #expect(try key("", memoryKiB: 8, passes: 1, byteCount: 16).byteCount == 16)
  }
}
