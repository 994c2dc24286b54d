#if Tool
import Letterlock

extension ArchiveFolder.Opened {
  /// Sends what a command has done and said.
  func send() async throws {
    do throws(DeviceError) { try await device.sync().checked() } catch {
      throw ToolError(error, folder: folder.path).afterWork
    }
  }
}

extension ToolError {
  /// Why something was not sent that is done, and was said to be.
  var afterWork: ToolError {
    ToolError(text + " What was done is kept on this device, and not sent yet.", exitCode: exitCode)
  }
}
#endif
