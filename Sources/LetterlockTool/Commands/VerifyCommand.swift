#if Tool
import ArgumentParser

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "verify")
}
struct VectorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "vectors")
}
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "demo")
}
#endif
