import Testing

@testable import CryptoCore

/// One of RFC 5869's cases with SHA-256.
struct HKDFFigure: Sendable {
  let section: String
  let inputKeyMaterial: [UInt8]
  let salt: [UInt8]
  let info: [UInt8]
  let pseudoRandomKey: String
  let output: String

  static let all = [
    HKDFFigure(
      section: "A.1", inputKeyMaterial: [UInt8](repeating: 0x0b, count: 22), salt: Array(0x00...0x0c),
      info: Array(0xf0...0xf9),
      pseudoRandomKey: "077709362c2e32df0ddc3f0dc47bba63 90b6c73bb50f9c3122ec844ad7c2b3e5",
      output: "3cb25f25faacd57a90434f64d0362f2a 2d2d0a90cf1a5a4c5db02d56ecc4c5bf 34007208d5b887185865"),
    HKDFFigure(
      section: "A.2", inputKeyMaterial: Array(0x00...0x4f), salt: Array(0x60...0xaf),
      info: Array(0xb0...0xff),
      pseudoRandomKey: "06a6b88c5853361a06104c9ceb35b45c ef760014904671014a193f40c15fc244",
      output: """
        b11e398dc80327a1c8e7f78c596a4934 4f012eda2d4efad8a050cc4c19afa97c
        59045a99cac7827271cb41c65e590e09 da3275600c2f09b8367793a9aca3db71
        cc30c58179ec3e87c14c01d5c1f3434f 1d87
        """),
    HKDFFigure(
      section: "A.3", inputKeyMaterial: [UInt8](repeating: 0x0b, count: 22), salt: [], info: [],
      pseudoRandomKey: "19ef24a32c717b167f33a91d6f648bdf 96596776afdb6377ac434c1c293ccb04",
      output: "8da4e775a563c18f715f802a063c5a31 b8a11f5c5ee1879ec3454e5f3c738d2d 9d201395faa4b61a96c8"),
  ]
}

@Suite("RFC 5869: HKDF")
struct HKDFTests {
  @Test(arguments: HKDFFigure.all)
  func `a published key is extracted and expanded`(figure: HKDFFigure) throws {
    let secret = SecretKey(copying: figure.inputKeyMaterial)
    let expected = [UInt8](hex: figure.output)
    let extracted = HKDF.extract(salt: figure.salt, inputKeyMaterial: secret, hash: .sha256)
    #expect(extracted.exportRawBytes() == [UInt8](hex: figure.pseudoRandomKey))
    let expanded = try HKDF.expand(
      extracted, info: figure.info, byteCount: expected.count, hash: .sha256)
    #expect(expanded.exportRawBytes() == expected)
  }

  /// Section 2.3 written down plainly, over HMAC, which has figures of its own for every hash.
  private func plainlyExpanded(
    _ key: SecretKey, _ info: [UInt8], _ byteCount: Int, _ hash: HashFunctionName
  ) -> [UInt8] {
    var (output, block, counter) = ([UInt8](), [UInt8](), UInt8(0))
    while output.count < byteCount {
      counter += 1
      block = HMAC.authenticationCode(for: block + info + [counter], using: key, hash: hash)
      output += block
    }
    return Array(output[..<byteCount])
  }

  @Test(arguments: HashFunctionName.allCases)
  func `every hash expands as section 2.3 says, up to the last byte there is`(
    hash: HashFunctionName
  ) throws {
    let (key, size) = (SecretKey(copying: Array(0..<64)), hash.digestByteCount)
    for info in [[], [1], [UInt8](repeating: 7, count: 1_500)] {
      for count in [0, 1, size - 1, size, size + 1, 3 * size, 255 * size - 1, 255 * size] {
        let expected = plainlyExpanded(key, info, count, hash)
        #expect(
          try HKDF.expand(key, info: info, byteCount: count, hash: hash).exportRawBytes() == expected)
        #expect(try HKDF.expandBytes(key, info: info, byteCount: count, hash: hash) == expected)
      }
    }
  }

  @Test(arguments: HashFunctionName.allCases)
  func `every hash extracts by an HMAC under the salt, or under zeros without one`(
    hash: HashFunctionName
  ) {
    let secret = SecretKey(copying: Array(0..<40))
    let zeros = [UInt8](repeating: 0, count: hash.digestByteCount)
    for (salt, key) in [([], zeros), ([9], [9]), (Array(0..<200), Array(0..<200))] as [([UInt8], [UInt8])] {
      let expected = HMAC.authenticationCode(
        for: Array(0..<40), using: SecretKey(copying: key), hash: hash)
      #expect(
        HKDF.extract(salt: salt, inputKeyMaterial: secret, hash: hash).exportRawBytes() == expected)
    }
  }

  @Test(arguments: HashFunctionName.allCases)
  func `deriving is extracting, then expanding`(hash: HashFunctionName) throws {
    let secret = SecretKey(copying: Array(0..<32))
    let derived = try HKDF.deriveKey(
      inputKeyMaterial: secret, salt: [1, 2], info: [3, 4], byteCount: 100, hash: hash)
    let extracted = HKDF.extract(salt: [1, 2], inputKeyMaterial: secret, hash: hash)
    #expect(
      derived.isEqual(to: try HKDF.expand(extracted, info: [3, 4], byteCount: 100, hash: hash)))
  }

  @Test(arguments: HashFunctionName.allCases)
  func `more than 255 blocks, and less than nothing, are refused`(hash: HashFunctionName) {
    let key = SecretKey(copying: [1])
    for count in [255 * hash.digestByteCount + 1, Int.max, -1, Int.min] {
      #expect(throws: KDFError.invalidOutputSize) {
        try HKDF.expand(key, info: [], byteCount: count, hash: hash)
      }
      #expect(throws: KDFError.invalidOutputSize) {
        try HKDF.expandBytes(key, info: [], byteCount: count, hash: hash)
      }
      #expect(throws: KDFError.invalidOutputSize) {
        try HKDF.deriveKey(inputKeyMaterial: key, salt: [], info: [], byteCount: count, hash: hash)
      }
    }
  }
}
