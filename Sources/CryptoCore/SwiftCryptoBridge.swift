internal import CSodium
internal import Crypto
internal import Foundation

/// Between spans and what swift-crypto takes and gives.
extension RawSpan {
  /// Lends the bytes as a collection.
  func withRawBuffer<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    // The span outlives the call.
    try unsafe withUnsafeBytes { try unsafe body($0) }
  }

  var gcmNonce: AES.GCM.Nonce {
    get throws { try unsafe withRawBuffer { try unsafe AES.GCM.Nonce(data: $0) } }
  }
}

extension ContiguousBytes {
  /// Lends the bytes as a span.
  func withRawSpan<Result>(_ body: (RawSpan) -> Result) -> Result {
    // The buffer outlives the call; an empty one may have no address.
    unsafe withUnsafeBytes { buffer in
      guard buffer.count > 0 else { return body(RawSpan()) }
      return unsafe body(RawSpan(_unsafeBytes: buffer))
    }
  }

  /// A copy as an array, for what is not secret.
  var array: [UInt8] { withRawSpan { $0.array(0..<$0.byteCount) } }

  /// A copy as a secret.
  var secret: SecretKey { withRawSpan { SecretKey(SecretBytes(copying: $0)) } }
}

extension Data {
  /// Wipes the bytes, if nobody shares them.
  mutating func wipe() {
    // The buffer is as long as it says.
    unsafe withUnsafeMutableBytes { buffer in
      if let start = buffer.baseAddress { unsafe sodium_memzero(start, buffer.count) }
    }
  }
}

extension SecretKey {
  /// The key as swift-crypto takes it: it copies the bytes and wipes its copy.
  var symmetric: SymmetricKey { withBytes { $0.symmetric } }
}

extension RawSpan {
  /// The bytes as a key as swift-crypto takes it: it copies them and wipes its copy.
  var symmetric: SymmetricKey {
    // The span outlives the call.
    unsafe withUnsafeBytes { unsafe SymmetricKey(data: $0) }
  }
}
