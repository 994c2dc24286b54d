internal import Crypto

/// Which SHA-2.
public enum HashFunctionName: Sendable, Hashable, CaseIterable {
  case sha256
  case sha384
  case sha512

  /// The digest's size in bytes.
  public var digestByteCount: Int {
    switch self {
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  /// The hash of `bytes`. FIPS 180-4, swift-crypto.
  public func hash(_ bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .sha256: SHA256.hash(data: bytes).array
    case .sha384: SHA384.hash(data: bytes).array
    case .sha512: SHA512.hash(data: bytes).array
    }
  }
}

/// SHA-256. FIPS 180-4; swift-crypto's is two to three times as quick as libsodium's.
public enum SHA256Hash {
  /// The hash of `bytes`: 32 bytes.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { SHA256.hash(data: bytes).array }

  /// A hash of what comes in parts.
  public struct Hasher: Sendable {
    private var state = SHA256()

    /// Begins a hash.
    public init() {}

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
      // The array outlives the call.
      unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    /// Adds bytes.
    public mutating func update(_ bytes: RawSpan) {
      // The span outlives the call.
      unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    /// The hash: 32 bytes.
    public consuming func finalize() -> [UInt8] { state.finalize().array }

    /// Writes the hash to `offset`, without an array in between.
    package consuming func finalize(into output: inout MutableRawSpan, at offset: Int) {
      state.finalize().withRawSpan { output.copy($0, to: offset) }
    }
  }
}
