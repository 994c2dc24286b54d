import Foundation

/// Writes this format's own vectors.
public enum VectorGenerator {
  /// Writes a file for each kind into a folder, which is made if it is not there. Gives the number of cases.
  ///
  /// Keys, epoch secrets and messages follow from fixed seeds. Nonces, encapsulations and ML-DSA's randomness do not,
  /// so that the bytes differ between runs while what they say stays.
  public static func write(to folder: String) throws -> Int {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var count = 0
    for kind in OwnVectors.kinds {
      let made = try kind.make()
      var file = made.shared
      file["format"] = OwnVectors.format
      file["kind"] = kind.name
      file["about"] = kind.about
      file["cases"] = made.cases
      let data = try JSONSerialization.data(
        withJSONObject: file, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
      try (data + Data("\n".utf8)).write(
        to: URL(fileURLWithPath: folder).appendingPathComponent(kind.name + ".json"))
      count += made.cases.count
    }
    return try count + MLSVectorGenerator.write(to: folder)
  }
}
