#if Tool
import ArgumentParser

struct VectorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "vectors")
}
#endif
