enum OwnVectors {
  static let format = "letterlock-vectors/1"
  static func verify(_ file: JSONCase, _ report: inout VectorReport) {}
}
