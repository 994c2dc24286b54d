import CryptoCore
import MLS
import TLSCodec

/// safe-application.json.
enum MadeSafeApplication {
  static func make(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let epochSecret = suite.seed("safe application")
    let secrets = EpochSecrets(epochSecret: epochSecret, suite)
    var tree = ExporterTree(applicationExportSecret: secrets.applicationExportSecret)
    // The second half of the list is under nodes that the first half left.
    let exported = [0, 1, 0x7fff, 0x8000, 0xffff, 0xa55a, 0x8001].compactMap { number in
      tree.take(ComponentID(rawValue: number), suite).map { secret -> [String: Any] in
        ["component_id": Int(number), "secret": secret.hex]
      }
    }
    return [
      "epoch_secret": epochSecret.hex, "application_export_secret": secrets.applicationExportSecret.hex,
      "exported": exported, "safe_sign_with_label": try signing(suite),
      "safe_encrypt_with_label": try encryption(suite), "application_psk": try preSharedKey(suite),
      "app_data_dictionary": dictionary(),
    ]
  }

  private static func signing(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let key = try SignatureKeyPair.generate(suite.suite)
    let label = ComponentOperationLabel(ComponentID(rawValue: 0x8001), "SafeSign")
    let content = VectorSeed.bytes("value")
    return [
      "priv": key.privateKey.hex, "pub": key.publicKey.bytes.hex, "component_id": 0x8001, "label": "SafeSign",
      "component_operation_label": label.encoded.hex, "content": content.hex,
      "signature": try suite.signWithLabel(key, label: label, content).hex,
    ]
  }

  private static func encryption(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let key = try HPKEKeyPair.generate(suite.suite)
    let (context, plaintext) = (VectorSeed.bytes("context"), VectorSeed.bytes("value"))
    let sealed = try suite.encryptWithLabel(
      key.publicKey, label: ComponentOperationLabel(ComponentID(rawValue: 0x8002), "SafeEncrypt"),
      context: context, plaintext)
    return [
      "priv": key.privateKeyBytes.hex, "pub": key.publicKey.bytes.hex, "component_id": 0x8002,
      "label": "SafeEncrypt", "context": context.hex, "plaintext": plaintext.hex,
      "kem_output": sealed.kemOutput.hex, "ciphertext": sealed.ciphertext.hex,
    ]
  }

  private static func preSharedKey(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let id = PreSharedKeyID(
      key: .application(ComponentID(rawValue: 0x8003), id: VectorSeed.bytes("psk id", count: 8)),
      nonce: suite.seed("psk nonce").exportRawBytes())
    let secret = suite.seed("psk")
    return [
      "component_id": 0x8003, "psk_id": VectorSeed.bytes("psk id", count: 8).hex, "psk_nonce": id.nonce.hex,
      "psk": secret.hex, "pre_shared_key_id": id.encoded.hex,
      "psk_secret": try suite.preSharedKeySecret([(id, secret)]).hex,
    ]
  }

  private static func dictionary() -> [String: Any] {
    let entries: [(component: UInt16, data: [UInt8])] = [
      (1, ComponentsList([.appComponents, .safeAAD]).encoded), (0x8001, []),
      (0x8002, VectorSeed.bytes("component data", count: 70)),
    ]
    var dictionary = AppDataDictionary()
    for entry in entries { dictionary[ComponentID(rawValue: entry.component)] = entry.data }
    let malformed: [[UInt8]] = [[6, 0, 2, 0, 0, 1, 0], [6, 0, 1, 0, 0, 1, 0], [3, 0, 1, 1], [0, 0], []]
    return [
      "entries": entries.map { ["component_id": Int($0.component), "data": $0.data.hex] as [String: Any] },
      "encoded": dictionary.encoded.hex, "malformed": malformed.map(\.hex),
    ]
  }
}
