#if Server
import Foundation

/// The settings as `--print-config` shows them: a file that `--config` reads.
struct PrintedSettings {
  let sources: SettingSources

  /// A line for each setting, with where it comes from; those that nobody set are comments.
  func lines() throws -> [String] {
    try ServeSettings.all.compactMap { setting in
      guard let found = try sources.find(setting) else {
        return setting.isSecret ? nil : "# \(setting.name): \(setting.allowed)"
      }
      guard !setting.isSecret else { return "# \(setting.name) is set by \(found.source)" }
      let values = found.values.map(Self.quoted)
      let value = setting.isList ? "[\(values.joined(separator: ", "))]" : values.first ?? ""
      return "\(setting.name): \(value)  # \(found.source)"
    }
  }

  /// A text of JSON is one of YAML too.
  private static func quoted(_ text: String) -> String {
    let data = try? JSONEncoder().encode(text)
    return data.map { String(decoding: $0, as: UTF8.self).replacing("\\/", with: "/") } ?? ""
  }
}
#endif
