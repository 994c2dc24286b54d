import CryptoCore
import LetterlockFormat
import LetterlockHTTPFormat
import TLSCodec
import Testing

@Suite("SPEC.md section 13.2: operations")
struct OperationTests {
  @Test
  func `each operation has a method and a path of its own`() throws {
    let blob = BlobID()
    for operation in RelayOperation.allCases {
      let found = try RelayOperation.find(method: operation.method, path: operation.path(of: blob))
      #expect(found.operation == operation)
      #expect(found.blob == (operation.path.contains("{blob}") ? blob : nil))
    }
  }

  @Test
  func `another path or method is told apart`() {
    #expect(throws: HTTPProblem.wrongMethod) { try RelayOperation.find(method: "DELETE", path: "/v1/log") }
    let paths = [
      "", "/", "/v1", "/v1/log/", "/v2/log", "/v1/blobs/", "/v1/blobs/{blob}", "/v1/blobs/00", "//v1/log",
      "/v1/blobs/" + String(repeating: "A", count: 32),
      "/v1/blobs/" + String(repeating: "a", count: 32) + "/x",
    ]
    for path in paths {
      #expect(throws: HTTPProblem.unknownOperation, "\(path)") {
        try RelayOperation.find(method: "GET", path: path)
      }
    }
  }

  @Test
  func `a query has each known name once`() throws {
    #expect(try QueryItems("from=3&bytes=4", of: ["from", "bytes"]).number("bytes") == 4)
    #expect(try QueryItems(nil, of: ["from"]).text("from") == nil)
    for query in ["from", "from=3&from=3", "x=1", "&", "from=3&"] {
      #expect(throws: HTTPProblem.malformed, "\(query)") { try QueryItems(query, of: ["from"]) }
    }
    for number in ["", "03", "-1", "+1", "1e3", "18446744073709551616"] {
      let items = try QueryItems("from=\(number)", of: ["from"])
      #expect(throws: HTTPProblem.malformed, "\(number)") { try items.number("from") }
    }
  }

  @Test
  func `a range names its first byte`() {
    #expect(ByteRange("bytes=0-99") == ByteRange(first: 0, last: 99))
    #expect(ByteRange("bytes=7-") == ByteRange(first: 7, last: nil))
    for value in [
      "bytes=-5", "bytes=5-4", "bytes=0-1,3-4", "items=0-1", "bytes=", "bytes=a-b", "bytes=+1-2",
      "bytes=1-+2",
    ] {
      #expect(ByteRange(value) == nil, "\(value)")
    }
  }

  /// RFC 9530 Appendix B.1.
  @Test
  func `a content digest is that of RFC 9530`() {
    let body = Array("{\"hello\": \"world\"}\n".utf8)
    let value = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    #expect(ContentDigest.value(of: body) == value)
    #expect(ContentDigest.names(body, value))
    #expect(ContentDigest.names(body, "sha-512=:AAAA:, " + value))
    #expect(!ContentDigest.names(body + [0], value))
    for other in ["", "sha-512=:AAAA:", "sha-256", "sha-256=RK", "sha-256=::", value + "," + value] {
      #expect(!ContentDigest.names(body, other), "\(other)")
    }
  }

  @Test
  func `a structured field that is not as RFC 9651 has it is refused`() {
    let fields = [
      "a=", "a=(", "a=(\"b\"", "a=(\"b\"\"c\")", "a=\"b", "a=\"\\n\"", "a=:AA", "a=:A:", "a=?2", "a=1.5",
      "a=1234567890123456", "A=1", "a=1,", "a=1 b=2", ",", "a=1,a=2", "a=b;c=1;c=2", "a=\u{e9}",
      "a=\"\u{e9}\"",
    ]
    for field in fields {
      #expect(throws: StructuredFieldError.self, "\(field)") { try StructuredFieldParser.dictionary(field) }
    }
  }

  @Test
  func `a structured field is written as it was read`() throws {
    let text = #"(1 -2 "q\"\\" tok/en:x :AQI=: ?0 ?1);a;b=?0;c="d""#
    let members = try StructuredFieldParser.dictionary("x=" + text)
    guard case .list(let list)? = members.first?.member else { throw StructuredFieldError() }
    #expect(list.serialized == text)
  }
}
