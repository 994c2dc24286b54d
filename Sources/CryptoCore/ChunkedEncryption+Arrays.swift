extension ChunkedEncryption {
  /// Seals a message that fits in memory, header included.
  public static func seal(
    _ message: [UInt8], suite: Suite, key: SecretKey, context: [UInt8]
  ) throws(ChunkedEncryptionError) -> [UInt8] {
    try seal(message, using: Sealer(suite: suite, key: key, context: context))
  }

  /// Seals a message with a sealer that was made for it.
  package static func seal(
    _ message: [UInt8], using sealer: consuming Sealer
  ) throws(ChunkedEncryptionError) -> [UInt8] {
    var sealer = sealer
    var output = sealer.header
    var start = 0
    while message.count - start >= chunkByteCount {
      output += try sealer.seal(message, start..<start + chunkByteCount)
      start += chunkByteCount
    }
    output += try sealer.finish(message, start..<message.count)
    return output
  }

  /// Opens a whole message, header included.
  public static func open(
    _ sealed: [UInt8], suite: Suite, key: SecretKey, context: [UInt8]
  ) throws(ChunkedEncryptionError) -> [UInt8] {
    guard key.byteCount == suite.keyByteCount else { throw .invalidKeySize }
    guard let byteCount = byteCount(ofSealed: UInt64(sealed.count)) else {
      throw .authenticationFailed
    }
    let opener = try Opener(
      suite: suite, key: key, context: context, header: Array(sealed[..<headerByteCount]))
    var message: [UInt8] = []
    message.reserveCapacity(Int(byteCount))
    var number: UInt64 = 0
    for start in stride(from: headerByteCount, to: sealed.count, by: sealedChunkByteCount) {
      let end = min(start + sealedChunkByteCount, sealed.count)
      message += try opener.open(Array(sealed[start..<end]), number: number)
      number += 1
    }
    return message
  }
}

extension ChunkedEncryption.Sealer {
  /// Seals a whole chunk of an array.
  package mutating func seal(
    _ bytes: [UInt8], _ range: Range<Int>
  ) throws(ChunkedEncryptionError) -> [UInt8] {
    try withNewBytes(range.count + 16) { (output) throws(ChunkedEncryptionError) in
      // The array outlives the call.
      try unsafe seal(bytes.span.bytes.extracting(range), into: &output)
    }
  }

  /// Seals the last chunk, from an array.
  package consuming func finish(
    _ bytes: [UInt8], _ range: Range<Int>
  ) throws(ChunkedEncryptionError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: range.count + 16)
    var elements = output.mutableSpan
    // Bytes have no padding to expose, and every bit pattern is a valid UInt8.
    var span = unsafe elements.mutableBytes
    try unsafe finish(bytes.span.bytes.extracting(range), into: &span)
    return output
  }
}

extension ChunkedEncryption.Opener {
  /// Opens one chunk.
  package func open(
    _ sealed: [UInt8], number: UInt64
  ) throws(ChunkedEncryptionError) -> [UInt8] {
    guard sealed.count >= 16 else { throw .invalidChunkSize }
    return try withNewBytes(sealed.count - 16) { (output) throws(ChunkedEncryptionError) in
      // The array outlives the call.
      try unsafe open(sealed.span.bytes, number: number, into: &output)
    }
  }
}
