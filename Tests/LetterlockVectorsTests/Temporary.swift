import Foundation
import LetterlockVectors
import Testing

@Suite struct TemporaryVectorTests {
  @Test func `write`() throws {
    if let folder = ProcessInfo.processInfo.environment["LETTERLOCK_WRITE"] {
      _ = try VectorGenerator.write(to: folder)
    }
  }
}
