extension SecretKey {
  /// Several secrets, one after the other.
  package convenience init(concatenating secrets: [SecretKey]) {
    let byteCount = secrets.reduce(0) { $0 + $1.byteCount }
    self.init(
      SecretBytes(byteCount: byteCount) { output in
        var offset = 0
        for secret in secrets {
          secret.withBytes { output.copy($0, to: offset) }
          offset += secret.byteCount
        }
      })
  }

  /// A part of a secret. The caller checks the bounds.
  package func slice(_ range: Range<Int>) -> SecretKey {
    withBytes { SecretKey(SecretBytes(copying: $0.extracting(range))) }
  }
}
