#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockRelayKit
import LetterlockTestKit
import Testing

@testable import LetterlockServer

@Suite("docs/relay-openapi.yaml and SPEC.md section 13")
struct OpenAPITests {
  let document: OpenAPIDocument

  init() throws { document = OpenAPIDocument(try SpecificationTables.text(of: "docs/relay-openapi.yaml")) }

  private func operation(_ name: String) throws -> OpenAPIDocument.Operation {
    try #require(document.operations.first { $0.name == name }, "\(name)")
  }

  @Test func `the document has each operation of the code, and no other`() throws {
    #expect(Set(document.operations.map(\.name)) == Set(RelayOperation.allCases.map(\.rawValue)))
    #expect(document.operations.count == RelayOperation.allCases.count)
    for operation in RelayOperation.allCases {
      let written = try self.operation(operation.rawValue)
      #expect((written.method, written.path) == (operation.method, operation.path))
      #expect(written.bodyMediaType == operation.bodyMediaType, "\(operation)")
      #expect(written.isForAnyone == !operation.hasCaller, "\(operation)")
      let queries = written.parameters.filter { document.places[$0] == "query" }
      #expect(queries == operation.queryNames, "\(operation)")
      #expect(written.parameters.contains("blob") == operation.path.contains("{blob}"))
      let signed: Set = [
        "Signature", "Signature-Input", "Letterlock-Relay", "Letterlock-Account", "Letterlock-Challenge",
      ]
      #expect(written.parameters.isSuperset(of: signed) == operation.hasCaller, "\(operation)")
    }
  }

  /// The operations of SPEC.md's table, by the code's names.
  private static let renamed = ["account(recoveredBy:)": "recoveredAccount", "messages(in:)": "messages"]

  @Test func `the document has each operation of SPEC.md's table as it stands there`() throws {
    let rows = try SpecificationTables.rows(of: "13.2").filter { $0.count == 4 }
    #expect(rows.count == RelayOperation.allCases.count - 1)
    for row in rows {
      let name = row[0].replacing("`", with: "")
      let written = try operation(Self.renamed[name] ?? name)
      let target = row[1].split(separator: "`")[0].split(separator: " ")
      let parts = target[1].split(separator: "?")
      #expect((written.method, written.path) == (String(target[0]), String(parts[0])), "\(name)")
      let names = row[1].matches(of: /(\w+)=/).map { String($0.1) }
      #expect(written.parameters.filter { document.places[$0] == "query" } == Set(names), "\(name)")
      #expect((row[2] == "-") == (written.body == nil), "\(name)")
      if let body = written.body.flatMap({ document.structures[$0] }) {
        #expect(row[2].replacing("`", with: "") == body, "\(name)")
      }
      let (status, answer) = try #require(written.answers.first { $0.key < 300 && $0.key != 206 })
      #expect((row[3] == "-") == (status == 204), "\(name)")
      if let structure = answer.structure.flatMap({ document.structures[$0] }) {
        let said = row[3].replacing("`", with: "").replacing(/: .*/, with: "")
        #expect(structure.hasPrefix(said) || said.hasPrefix("the checkpoint key"), "\(name): \(said)")
      }
    }
  }

  @Test func `the document has each problem of SPEC.md's tables, by status`() throws {
    var problems: [Int: Set<String>] = [:]
    for row in try SpecificationTables.rows(of: "13.7") {
      let status = try #require(Int(row[1]), "\(row)")
      problems[status, default: []].formUnion(row[0].matches(of: /`([a-z-]+)`/).map { String($0.1) })
    }
    #expect(document.problems == problems)
    #expect(problems.values.flatMap { $0 }.count >= 27)
  }

  @Test func `each status of an operation is that of its problems or of its answers`() throws {
    var statuses: [String: Int] = [:]
    for (status, names) in document.problems { for name in names { statuses[name] = status } }
    // Of no operation: another path or method.
    var unused = Set(statuses.keys).subtracting(["unknown-operation", "wrong-method"])
    for operation in document.operations {
      let problems = operation.problems.union(document.everyRequest)
        .union(operation.isForAnyone ? [] : document.everySignedRequest)
      let wanted = Set(try problems.map { try #require(statuses[$0], "\($0)") })
      let answers = operation.answers.keys.filter { $0 >= 400 && $0 != 416 }
      #expect(Set(answers) == wanted, "\(operation.name)")
      unused.subtract(problems)
    }
    #expect(unused.isEmpty)
  }

  @Test func `a server answers each path and method as the document says, and no other`() async throws {
    let servers = TestServers()
    let client = try RawClient(try await servers.serve(try InMemoryRelay()))
    let methods = ["GET", "PUT", "POST", "PATCH", "DELETE"]
    let paths = Set(document.operations.map(\.path))
    for path in paths {
      for method in methods {
        let target = path.replacing("{blob}", with: String(repeating: "0", count: 32))
        let answer = try await client.send(RelayHTTPRequest(method: method, path: target))
        let written = document.operations.first { $0.path == path && $0.method == method }
        if let written {
          #expect(written.answers[answer.status] != nil, "\(method) \(path): \(answer.status)")
          #expect(answer.status != 405)
        } else {
          #expect(ProblemDetails.problem(in: answer.body) == .wrongMethod, "\(method) \(path)")
        }
      }
    }
    for path in ["/", "/v1", "/v2/relay", "/v1/blobs/", "/v1/relay/x"] where !paths.contains(path) {
      for method in methods {
        let problem = try await client.problem(of: RelayHTTPRequest(method: method, path: path))
        #expect(problem == .unknownOperation, "\(method) \(path)")
      }
    }
  }
}
#endif
