import CryptoCore
import LetterlockHTTPFormat
import Testing

@Suite("RFC 9421 Appendix B: signatures by Ed25519")
struct SignatureVectorTests {
  /// Appendix B.1.4.
  let key: Ed25519.PrivateKey

  init() throws {
    let seed = try #require(Base64.decode("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU="))
    key = try Ed25519.PrivateKey(seed: SecretKey(copying: seed))
    #expect(key.publicKey.bytes == Base64.decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="))
  }

  /// Appendix B.2.
  var testRequest: RelayHTTPRequest {
    request(
      "POST", "/foo?param=Value&Pet=dog", host: "example.com",
      [
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("Content-Type", "application/json"),
        ("Content-Length", "18"),
        (
          "Signature-Input",
          """
          sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473\
          ;keyid="test-key-ed25519"
          """
        ),
        (
          "Signature",
          "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
        ),
      ])
  }

  func request(
    _ method: String, _ target: String, host: String, _ fields: [(String, String)]
  ) -> RelayHTTPRequest {
    var list = HTTPFieldList()
    for (name, value) in fields { list.append(name, value) }
    var request = RelayHTTPRequest(method: method, target: target, fields: list, body: [])
    request.authority = host
    return request
  }

  @Test
  func `B.2.6: the signature base and the signature are those of the vector`() throws {
    let signature = try #require(try RequestSignature.all(in: testRequest).first)
    let base = try #require(SignatureBase.bytes(of: testRequest, covering: signature.parameters))
    #expect(
      String(decoding: base, as: UTF8.self) == """
        "date": Tue, 20 Apr 2021 02:07:55 GMT
        "@method": POST
        "@path": /foo
        "@authority": example.com
        "content-type": application/json
        "content-length": 18
        "@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")\
        ;created=1618884473;keyid="test-key-ed25519"
        """)
    #expect(try key.signature(for: base) == signature.signature)
    #expect(signature.isValid(for: testRequest, by: key.publicKey))
  }

  /// Appendix B.4: the fields of the signature, on every message there.
  static let transformSignature = [
    (
      "Signature-Input",
      #"transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519""#
    ),
    (
      "Signature",
      "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:"
    ),
  ]

  @Test
  func `B.4: transformations that HTTP allows leave a signature valid`() throws {
    let target = "/demo?name1=Value1&Name2=value2"
    let date = ("Date", "Fri, 15 Jul 2022 14:24:55 GMT")
    let accepts = [("Accept", "application/json"), ("Accept", "*/*")]
    let messages = [
      request("GET", target, host: "example.org", [date] + accepts + Self.transformSignature),
      request(
        "GET", target + "&param=added", host: "example.org",
        [date] + accepts + [("Accept-Language", "en-US,en;q=0.5")] + Self.transformSignature),
      request(
        "GET", target, host: "example.org",
        [("Referer", "https://developer.example.org/demo"), ("Accept", "application/json, */*")]
          + Self.transformSignature),
      request("GET", target, host: "example.org", accepts + [date] + Self.transformSignature),
    ]
    for message in messages {
      let signature = try #require(try RequestSignature.all(in: message).first)
      #expect(signature.isValid(for: message, by: key.publicKey))
    }
  }

  @Test
  func `B.4: a method, an authority, or an order of fields that was not signed is refused`() throws {
    let target = "/demo?name1=Value1&Name2=value2"
    let accepts = [("Accept", "application/json"), ("Accept", "*/*")]
    let messages = [
      request("POST", target, host: "example.com", accepts + Self.transformSignature),
      request("POST", target, host: "example.org", accepts + Self.transformSignature),
      request("GET", target, host: "example.com", accepts + Self.transformSignature),
      request("GET", target, host: "example.org", accepts.reversed() + Self.transformSignature),
    ]
    for message in messages {
      let signature = try #require(try RequestSignature.all(in: message).first)
      #expect(!signature.isValid(for: message, by: key.publicKey))
    }
  }

  @Test
  func `a component that is missing, unknown or there twice has no signature base`() throws {
    for components in [["x-missing"], ["@status"], ["date", "date"], ["Date"]] {
      let parameters = FieldInnerList(components.map { FieldItem(.string($0)) }, [])
      #expect(SignatureBase.bytes(of: testRequest, covering: parameters) == nil, "\(components)")
    }
    let parameter = FieldInnerList([FieldItem(.string("date"), [FieldParameter("bs", .boolean(true))])], [])
    #expect(SignatureBase.bytes(of: testRequest, covering: parameter) == nil)
  }
}
