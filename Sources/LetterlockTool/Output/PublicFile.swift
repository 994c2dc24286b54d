#if Tool
import Foundation
import Letterlock
import TLSCodec

/// A file that devices exchange and that holds no secret.
enum PublicFile {
  static func read<Value: TLSCodable>(
    _ type: Value.Type, from path: String, what name: String
  ) throws -> Value {
    let bytes = try ReadFile.bytes(of: path)
    do throws(TLSError) { return try Value(decoding: bytes) } catch {
      throw ToolError.wrong("\(path) is no \(name): it is malformed.")
    }
  }
}
#endif
