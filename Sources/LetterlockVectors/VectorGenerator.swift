import Foundation

/// Writes this format's own vectors.
public enum VectorGenerator {
  /// Makes a file for each kind, and gives it to `write` with its name; some names are of files in the folder `mls`.
  /// Returns the number of cases.
  ///
  /// Keys, epoch secrets and messages follow from fixed seeds. Nonces, encapsulations and ML-DSA's randomness do not,
  /// so that the bytes differ between runs while what they say stays.
  public static func generate(_ write: (String, [UInt8]) throws -> Void) throws -> Int {
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
      try write(kind.name + ".json", Array(data) + Array("\n".utf8))
      count += made.cases.count
    }
    return try count + MLSVectorGenerator.generate { name, data in try write("mls/" + name, Array(data)) }
  }
}
