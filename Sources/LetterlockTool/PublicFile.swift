#if Tool
import Foundation
import Letterlock
import TLSCodec

/// A file that devices exchange and that holds no secret.
enum PublicFile {
  static func read<Value: TLSCodable>(
    _ type: Value.Type, from path: String, what name: String
  ) throws -> Value {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ToolError("Cannot read \(path).")
    }
    do throws(TLSError) { return try Value(decoding: Array(data)) } catch {
      throw ToolError.wrong("\(path) is no \(name): it is malformed.")
    }
  }

  static func write(_ value: some TLSCodable, to path: String) throws {
    do { try Data(value.encoded).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw ToolError("Cannot write \(path).")
    }
  }
}
#endif
