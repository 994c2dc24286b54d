#if Server
import Configuration
import Foundation
import Yams

/// Where settings come from: the command line before the environment before the file.
struct SettingSources {
  /// What every variable of the environment begins with.
  static let prefix = "LETTERLOCK_RELAY_"
  /// The variable that names the file.
  static let fileVariable = prefix + "CONFIG"

  /// One place where settings are looked for.
  private struct Source {
    let name: String
    let snapshot: any ConfigSnapshot
    /// What its keys begin with.
    var prefix: [String] = []
    var isEnvironment = false
  }

  /// A setting that was found.
  struct Found {
    let values: [String]
    let source: String
  }

  private let sources: [Source]

  /// - Parameters:
  ///   - flags: What the command line says, by the settings' names.
  ///   - file: The file that the command line names.
  init(flags: [String: [String]], file: String?, environment: [String: String]) async throws {
    try Self.checkVariables(environment)
    let lines = flags.map { name, values in
      (AbsoluteConfigKey([name]), ConfigValue(.stringArray(values), isSecret: false))
    }
    var sources = [
      Source(
        name: "command line",
        snapshot: InMemoryProvider(values: Dictionary(lines) { first, _ in first }).snapshot()),
      Source(
        name: "environment",
        snapshot: EnvironmentVariablesProvider(environmentVariables: environment).snapshot(),
        prefix: ["letterlock", "relay"], isEnvironment: true),
    ]
    if let path = file ?? environment[Self.fileVariable] {
      if let snapshot = try await Self.snapshot(of: path) {
        sources.append(Source(name: path, snapshot: snapshot))
      }
    }
    self.sources = sources
  }

  /// What the first source that has a setting says of it.
  func find(_ setting: Setting) throws -> Found? {
    for source in sources {
      let key = AbsoluteConfigKey(source.prefix + [setting.name])
      guard let values = try values(of: setting, key, in: source) else { continue }
      guard !setting.isSecret || source.isEnvironment else {
        throw ServeError("\(setting.name) may stand in the environment alone, as \(setting.variable).")
      }
      return Found(values: values, source: source.name)
    }
    return nil
  }

  /// A list, or one value.
  private func values(
    of setting: Setting, _ key: AbsoluteConfigKey, in source: Source
  ) throws -> [String]? {
    if let list = try? source.snapshot.value(forKey: key, type: .stringArray).value,
      case .stringArray(let values) = list.content, setting.isList || values.count == 1
    {
      return values
    }
    do {
      guard let value = try source.snapshot.value(forKey: key, type: .string).value else { return nil }
      guard case .string(let text) = value.content else { return nil }
      return [text]
    } catch {
      throw ServeError("\(setting.name) in \(source.name) must be \(setting.allowed).")
    }
  }

  /// A variable that nobody reads is one that somebody misspelled.
  private static func checkVariables(_ environment: [String: String]) throws {
    let known = Set(ServeSettings.all.map(\.variable) + [fileVariable])
    for name in environment.keys.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
      throw ServeError(
        "The environment has \(name), which is no setting. There are \(known.sorted().joined(separator: ", "))."
      )
    }
  }

  /// What a file says; nil if it says nothing.
  private static func snapshot(of path: String) async throws -> (any ConfigSnapshot)? {
    guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20 else {
      throw ServeError("The file \(path) cannot be read.")
    }
    do {
      guard let root = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) else { return nil }
      try checkKeys(root, path)
      let place = ConfigReader(
        provider: InMemoryProvider(values: ["filePath": ConfigValue(stringLiteral: path)]))
      return try await FileProvider<YAMLSnapshot>(config: place).snapshot()
    } catch let error as ServeError { throw error } catch {
      throw ServeError("The file \(path) is not a list of settings in YAML: \(error)")
    }
  }

  private static func checkKeys(_ root: Node, _ path: String) throws {
    guard let mapping = root.mapping else {
      throw ServeError("The file \(path) is not a list of settings in YAML, each `name: value`.")
    }
    let known = ServeSettings.all.filter { !$0.isSecret }.map(\.name)
    for (key, _) in mapping {
      let name = key.string ?? "?"
      guard known.contains(name) else {
        throw ServeError(
          "The file \(path) has \(name), which is no setting. There are \(known.joined(separator: ", ")).")
      }
    }
  }
}

extension ServeSettings {
  /// Reads all settings.
  init(from sources: SettingSources) throws {
    for setting in Self.all {
      guard let found = try sources.find(setting) else { continue }
      guard setting.apply(&self, found.values) else {
        let shown = setting.isSecret ? "" : ", not \(found.values.joined(separator: ", "))"
        throw ServeError("\(setting.name) (\(found.source)) must be \(setting.allowed)\(shown).")
      }
    }
    try complete()
  }
}
#endif
