/// Why a key was not derived.
public enum KDFError: Error, Hashable, Sendable {
  /// More than 255 times the hash's size was asked for, or less than nothing.
  case invalidOutputSize
}

/// HKDF. RFC 5869.
public enum HKDF {
  /// HKDF-Extract: a key as long as the hash.
  public static func extract(
    salt: [UInt8], inputKeyMaterial: SecretKey, hash: HashFunctionName
  ) -> SecretKey {
    let saltKey = SecretKey(
      copying: salt.isEmpty ? [UInt8](repeating: 0, count: hash.digestByteCount) : salt)
    return SecretKey(
      SecretBytes(byteCount: hash.digestByteCount) { output in
        inputKeyMaterial.withBytes { HMAC.write($0, saltKey, hash, into: &output) }
      })
  }

  /// HKDF-Extract with a salt that is secret itself, as a key schedule's is.
  public static func extract(
    salt: SecretKey, inputKeyMaterial: SecretKey, hash: HashFunctionName
  ) -> SecretKey {
    SecretKey(
      SecretBytes(byteCount: hash.digestByteCount) { output in
        inputKeyMaterial.withBytes { HMAC.write($0, salt, hash, into: &output) }
      })
  }

  /// HKDF-Extract of what is lent.
  static func extract(
    salt: RawSpan, inputKeyMaterial: RawSpan, hash: HashFunctionName
  ) -> SecretKey {
    SecretKey(
      SecretBytes(byteCount: hash.digestByteCount) { output in
        HMAC.write(inputKeyMaterial, usingBytes: salt, hash, into: &output)
      })
  }

  /// HKDF-Expand to as many bytes as the hash has, which cannot fail.
  public static func expandBlock(
    _ pseudoRandomKey: SecretKey, info: [UInt8], hash: HashFunctionName
  ) -> SecretKey {
    SecretKey(
      SecretBytes(byteCount: hash.digestByteCount) { write(pseudoRandomKey, info, hash, into: &$0) })
  }

  /// HKDF-Expand: a secret of `byteCount` bytes.
  public static func expand(
    _ pseudoRandomKey: SecretKey, info: [UInt8], byteCount: Int, hash: HashFunctionName
  ) throws(KDFError) -> SecretKey {
    try check(byteCount, hash)
    return SecretKey(
      SecretBytes(byteCount: byteCount) { write(pseudoRandomKey, info, hash, into: &$0) })
  }

  /// HKDF-Expand for what is not secret: a tag, a commitment, a nonce.
  public static func expandBytes(
    _ pseudoRandomKey: SecretKey, info: [UInt8], byteCount: Int, hash: HashFunctionName
  ) throws(KDFError) -> [UInt8] {
    try check(byteCount, hash)
    return withNewBytes(byteCount) { write(pseudoRandomKey, info, hash, into: &$0) }
  }

  /// HKDF-Extract, then HKDF-Expand.
  public static func deriveKey(
    inputKeyMaterial: SecretKey, salt: [UInt8], info: [UInt8], byteCount: Int, hash: HashFunctionName
  ) throws(KDFError) -> SecretKey {
    try expand(
      extract(salt: salt, inputKeyMaterial: inputKeyMaterial, hash: hash), info: info,
      byteCount: byteCount, hash: hash)
  }

  private static func check(_ byteCount: Int, _ hash: HashFunctionName) throws(KDFError) {
    guard (0...255 * hash.digestByteCount).contains(byteCount) else { throw .invalidOutputSize }
  }

  /// T(1) | T(2) | ..., where T(n) = HMAC(key, T(n - 1) | info | n).
  private static func write(
    _ key: SecretKey, _ info: [UInt8], _ hash: HashFunctionName, into output: inout MutableRawSpan
  ) {
    let digest = hash.digestByteCount
    let total = output.byteCount
    // The block before, the info and the counter, in one wiped buffer; then the block that follows.
    withTemporaryBytes(2 * digest + info.count + 1) { work in
      work.copy(info, to: digest)
      var counter: UInt8 = 1
      for start in stride(from: 0, to: total, by: digest) {
        work.storeBytes(of: counter, toByteOffset: digest + info.count, as: UInt8.self)
        step(key, info.count, counter, hash, &work)
        let count = min(digest, total - start)
        work.withReadOnly { output.copy($0.extracting(0..<count), to: start) }
        counter &+= 1
      }
    }
  }

  /// Replaces the block at the start of `work` by the next one.
  private static func step(
    _ key: SecretKey, _ infoByteCount: Int, _ counter: UInt8, _ hash: HashFunctionName,
    _ work: inout MutableRawSpan
  ) {
    let digest = hash.digestByteCount
    let end = digest + infoByteCount + 1
    let start = counter == 1 ? digest : 0
    work.split(at: end) { input, next in
      HMAC.write(input.extracting(start..<end), key, hash, into: &next)
    }
    work.copyToStart(end..<end + digest)
  }
}

extension MutableRawSpan {
  /// Lends the bytes for reading.
  package mutating func withReadOnly<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes)
  }

  /// Lends what lies before `offset`, and the rest, for writing.
  package mutating func withParts<Failure: Error>(
    at offset: Int, _ body: (inout MutableRawSpan, inout MutableRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    let count = byteCount
    var failure: Failure?
    // The two parts do not overlap, and both lie within this span, which outlives the call.
    unsafe withUnsafeMutableBytes { buffer in
      guard offset <= count, let base = buffer.baseAddress else { return }
      var first = unsafe MutableRawSpan(_unsafeStart: base, byteCount: offset)
      var second = unsafe MutableRawSpan(_unsafeStart: base + offset, byteCount: count - offset)
      do throws(Failure) { try body(&first, &second) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Lends what lies before `offset` for reading, and the rest for writing.
  package mutating func split<Failure: Error>(
    at offset: Int, _ body: (RawSpan, inout MutableRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    try withParts(at: offset) { (first, second) throws(Failure) in try body(first.bytes, &second) }
  }

  /// Copies the bytes in `range` to the start.
  mutating func copyToStart(_ range: Range<Int>) {
    // memmove allows overlap, and the range is checked by `rebasing`.
    unsafe withUnsafeMutableBytes { buffer in
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[range]))
    }
  }
}
