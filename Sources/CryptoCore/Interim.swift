internal import CSodium
internal import Crypto
internal import Foundation

let sodiumReady: Int32 = sodium_init()

public struct SecretBytes: ~Copyable, Sendable {
  let bytes: [UInt8]
  public init(copying span: RawSpan) { bytes = (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) } }
  public init<E: Error>(byteCount: Int, initializingWith body: (inout MutableRawSpan) throws(E) -> Void) throws(E) {
    var b = [UInt8](repeating: 0, count: byteCount)
    try b.withMutableRawSpan(body)
    bytes = b
  }
}
public final class SecretKey: Sendable, CustomStringConvertible {
  let bytes: [UInt8]
  public init(_ b: consuming SecretBytes) { bytes = b.bytes }
  public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R where R: ~Copyable { try bytes.withRawSpan(body) }
  public init(random n: Int) { bytes = SecureRandom.bytes(n) }
  public init(copying: [UInt8]) { bytes = copying }
  public var byteCount: Int { bytes.count }
  public func isEqual(to: SecretKey) -> Bool { bytes == to.bytes }
  public func exportRawBytes() -> [UInt8] { bytes }
  public var description: String { "SecretKey(redacted)" }
}
public enum SecureRandom {
  public static func bytes(_ n: Int) -> [UInt8] { (0..<n).map { _ in UInt8.random(in: 0...255) } }
}
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool { a == b }
public enum HashFunctionName: Sendable { case sha256 }
public enum SHA256Hash {
  public static func hash(_ b: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: b)) }
  public struct Hasher {
    var h = SHA256()
    public init() {}
    public mutating func update(_ b: [UInt8]) { h.update(data: b) }
    public consuming func finalize() -> [UInt8] { Array(h.finalize()) }
  }
}
public enum KDFError: Error { case outputTooLong }
public enum HMAC {
  public static func authenticationCode(for m: [UInt8], using k: SecretKey, hash: HashFunctionName) -> [UInt8] {
    Array(Crypto.HMAC<SHA256>.authenticationCode(for: m, using: SymmetricKey(data: k.bytes)))
  }
}
public enum HKDF {
  public static func extract(salt: [UInt8], inputKeyMaterial: SecretKey, hash: HashFunctionName) -> SecretKey {
    SecretKey(copying: Array(Crypto.HKDF<SHA256>.extract(inputKeyMaterial: SymmetricKey(data: inputKeyMaterial.bytes), salt: salt)))
  }
  public static func expandBytes(_ k: SecretKey, info: [UInt8], byteCount: Int, hash: HashFunctionName) throws(KDFError) -> [UInt8] {
    unsafe Crypto.HKDF<SHA256>.expand(pseudoRandomKey: k.bytes, info: info, outputByteCount: byteCount).withUnsafeBytes { unsafe Array($0) }
  }
  public static func expand(_ k: SecretKey, info: [UInt8], byteCount: Int, hash: HashFunctionName) throws(KDFError) -> SecretKey {
    SecretKey(copying: try expandBytes(k, info: info, byteCount: byteCount, hash: hash))
  }
}
public enum AEADError: Error { case authenticationFailed, messageTooLong }
public enum XChaCha20Poly1305 {
  public static func seal(_ p: [UInt8], using k: SecretKey, nonce: [UInt8], authenticating ad: [UInt8]) throws(AEADError) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: p.count + 16)
    _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(&out, nil, p, UInt64(p.count), ad, UInt64(ad.count), nil, nonce, k.bytes)
    return out
  }
  public static func open(_ c: [UInt8], using k: SecretKey, nonce: [UInt8], authenticating ad: [UInt8]) throws(AEADError) -> [UInt8] {
    guard c.count >= 16 else { throw .authenticationFailed }
    var out = [UInt8](repeating: 0, count: c.count - 16)
    guard unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(&out, nil, nil, c, UInt64(c.count), ad, UInt64(ad.count), nonce, k.bytes) == 0 else { throw .authenticationFailed }
    return out
  }
}
public enum SignatureError: Error { case invalid }
public enum Ed25519 {
  public struct PublicKey { public let bytes: [UInt8]
    public init(bytes: [UInt8]) throws(SignatureError) { self.bytes = bytes }
    public func isValid(signature: [UInt8], for m: [UInt8]) -> Bool { unsafe crypto_sign_verify_detached(signature, m, UInt64(m.count), bytes) == 0 } }
  public final class PrivateKey: Sendable {
    public let seed: SecretKey; let sk: [UInt8]; public let publicBytes: [UInt8]
    public init(seed: SecretKey) throws(SignatureError) { self.seed = seed; var pk = [UInt8](repeating: 0, count: 32); var s = [UInt8](repeating: 0, count: 64)
      _ = unsafe crypto_sign_seed_keypair(&pk, &s, seed.bytes); sk = s; publicBytes = pk }
    public var publicKey: PublicKey { try! PublicKey(bytes: publicBytes) }
    public func signature(for m: [UInt8]) throws(SignatureError) -> [UInt8] { var s = [UInt8](repeating: 0, count: 64); _ = unsafe crypto_sign_detached(&s, nil, m, UInt64(m.count), sk); return s } }
}
public enum HybridSignature {
  public struct Signature { public let bytes: [UInt8]; public init(bytes: [UInt8]) throws(SignatureError) { self.bytes = bytes } }
  public struct PublicKey { public let bytes: [UInt8]; public init(bytes: [UInt8]) throws(SignatureError) { self.bytes = bytes }
    public func isValid(_ s: Signature, for m: [UInt8], context: [UInt8]) -> Bool {
      guard let pk = try? MLDSA65.PublicKey(rawRepresentation: Array(bytes[32...])) else { return false }
      return (try! Ed25519.PublicKey(bytes: Array(bytes[..<32]))).isValid(signature: Array(s.bytes[..<64]), for: m) && pk.isValidSignature(Array(s.bytes[64...]), for: m, context: context) } }
  public final class PrivateKey: Sendable { let ed: Ed25519.PrivateKey; let ml: MLDSA65.PrivateKey
    public init(ed25519Seed: SecretKey, mlDSASeed: SecretKey) throws(SignatureError) { ed = try Ed25519.PrivateKey(seed: ed25519Seed); ml = try! MLDSA65.PrivateKey(seedRepresentation: mlDSASeed.bytes, publicKey: nil) }
    public var publicKey: PublicKey { try! PublicKey(bytes: ed.publicBytes + Array(ml.publicKey.rawRepresentation)) }
    public func signature(for m: [UInt8], context: [UInt8]) throws(SignatureError) -> Signature { try Signature(bytes: try ed.signature(for: m) + Array(try! ml.signature(for: m, context: context))) } }
}
public enum HPKEError: Error { case bad }
public enum HPKEKEM { case xWing }
public struct HPKESuite: Sendable { public static let letterlock = HPKESuite() }
public struct HPKEPublicKey { public let bytes: [UInt8]; public init(bytes: [UInt8], kem: HPKEKEM) throws(HPKEError) { self.bytes = bytes } }
public final class HPKEPrivateKey: Sendable { let sk: XWingMLKEM768X25519.PrivateKey
  public init(bytes: SecretKey, kem: HPKEKEM) throws(HPKEError) { sk = try! XWingMLKEM768X25519.PrivateKey(seedRepresentation: bytes.bytes, publicKey: nil) }
  public var publicKey: HPKEPublicKey { try! HPKEPublicKey(bytes: Array(sk.publicKey.rawRepresentation), kem: .xWing) } }
public enum HPKE {
  static let s = Crypto.HPKE.Ciphersuite(kem: .XWingMLKEM768X25519, kdf: .HKDF_SHA256, aead: .AES_GCM_256)
  public static func seal(_ p: [UInt8], to k: HPKEPublicKey, suite: HPKESuite, info: [UInt8], authenticating: [UInt8]) throws(HPKEError) -> [UInt8] {
    do { var x = try Crypto.HPKE.Sender(recipientKey: XWingMLKEM768X25519.PublicKey(rawRepresentation: k.bytes), ciphersuite: s, info: Data(info))
      let c = try x.seal(p, authenticating: authenticating); return Array(x.encapsulatedKey) + Array(c) } catch { throw .bad } }
  public static func open(_ c: [UInt8], with k: HPKEPrivateKey, suite: HPKESuite, info: [UInt8], authenticating: [UInt8]) throws(HPKEError) -> [UInt8] {
    guard c.count > 1120 else { throw .bad }
    do { var x = try Crypto.HPKE.Recipient(privateKey: k.sk, ciphersuite: s, info: Data(info), encapsulatedKey: Data(c[..<1120])); return Array(try x.open(Array(c[1120...]), authenticating: authenticating)) } catch { throw .bad } }
}
public enum PasswordHashError: Error { case bad }
public enum Argon2id { public static func deriveKey(from password: [UInt8], salt: [UInt8], memoryKiB: Int, passes: Int, byteCount: Int) throws(PasswordHashError) -> SecretKey { SecretKey(copying: Array(SHA256.hash(data: password + salt))) } }
