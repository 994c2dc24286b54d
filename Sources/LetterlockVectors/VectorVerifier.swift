import Foundation

/// Checks files of test vectors, whose formats it finds out by itself.
public enum VectorVerifier {
  /// Checks files, and all files in folders.
  public static func verify(
    _ paths: [String], progress: (String) -> Void = { _ in }
  ) -> VectorReport {
    var report = VectorReport()
    for path in paths {
      let files = files(at: path)
      if files.isEmpty {
        var missing = VectorReport()
        let exists = FileManager.default.fileExists(atPath: path)
        missing.fail(exists ? "there is no file in this folder" : "there is no such file")
        report.add(missing, named: path)
      }
      for file in files {
        progress(file)
        report.add(verify(file: file), named: file)
      }
    }
    return report
  }

  private static func files(at path: String) -> [String] {
    let values = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isDirectoryKey])
    guard let values else { return [] }
    guard values.isDirectory == true else { return [path] }
    let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return all.sorted().map { path + "/" + $0 }.filter {
      (try? URL(fileURLWithPath: $0).resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true
        && !$0.contains("/schemas/") && !$0.contains("/doc/")
    }
  }

  private static func verify(file: String) -> VectorReport {
    var report = VectorReport()
    guard file.hasSuffix(".json") else {
      report.skip("not a format that this library has a use for")
      return report
    }
    guard let data = FileManager.default.contents(atPath: file),
      let json = try? JSONSerialization.jsonObject(with: data)
    else {
      report.fail("not JSON")
      return report
    }
    if let list = json as? [Any] {
      OfficialLists.verify(list.compactMap { JSONCase($0) }, named: file, &report)
    } else if let object = JSONCase(json) {
      verify(object, named: file, &report)
    }
    if report.passed + report.failed + report.skipped == 0 { report.skip("an unknown format") }
    return report
  }

  private static func verify(
    _ object: JSONCase, named file: String, _ report: inout VectorReport
  ) {
    if object.text("format") == OwnVectors.format {
      OwnVectors.verify(object, &report)
    } else if object.has("testGroups") {
      Wycheproof.verify(object, &report)
    } else {
      OfficialLists.verify(object, &report)
    }
  }
}
