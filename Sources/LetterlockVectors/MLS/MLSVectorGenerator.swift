import CryptoCore
import Foundation
import MLS
import TLSCodec

/// Vectors in the MLS working group's formats, and in one of our own for components, for every suite that this library
/// has, the post-quantum ones among them.
enum MLSVectorGenerator {
  private typealias Maker = @Sendable (CipherSuiteAlgorithms) throws -> [[String: Any]]

  private static let makers: [(file: String, make: Maker)] = [
    ("crypto-basics", { [try MadeCryptoBasics.make($0)] }),
    ("key-schedule", { [try MadeKeySchedule.make($0)] }),
    ("psk_secret", { [try MadeKeySchedule.makePreSharedKeys($0)] }),
    ("secret-tree", { [try MadeSecretTree.make($0)] }),
    ("message-protection", { [try MadeMessageProtection.make($0)] }),
    ("transcript-hashes", { [try MadeTranscriptHashes.make($0)] }),
    ("welcome", MadeGroup.makeWelcome),
    ("tree-validation", MadeTree.makeValidation),
    ("tree-operations", MadeTree.makeOperations),
    ("treekem", MadeTree.makeTreeKEM),
    ("passive-client-welcome", MadeGroup.makePassiveWelcome),
    ("passive-client-handling-commit", MadeGroup.makePassiveCommit),
    ("passive-client-random", MadeGroup.makePassiveRandom),
    ("safe-application", { [try MadeSafeApplication.make($0)] }),
  ]

  /// Formats that name no suite; messages are shown of one classical suite and of the usual one.
  private static let others: [(file: String, make: @Sendable () throws -> [[String: Any]])] = [
    ("tree-math", MadeTreeMath.make), ("deserialization", MadeLengths.make),
    (
      "messages",
      {
        try [CipherSuite.x25519AES128Ed25519, .default].flatMap { try MadeMessages.make($0.algorithms()) }
      }
    ),
  ]

  /// Makes the files, and gives each to `write` with its name. Returns the number of cases.
  static func generate(_ write: (String, Data) throws -> Void) throws -> Int {
    let suites = try CipherSuite.supported.map { try $0.algorithms() }
    var count = 0
    for (file, make) in makers {
      let cases = try suites.flatMap { suite in
        try make(suite).map { $0.merging(["cipher_suite": Int(suite.suite.rawValue)]) { value, _ in value } }
      }
      try write(file + ".json", try encoded(cases))
      count += cases.count
    }
    for (file, make) in others {
      let cases = try make()
      try write(file + ".json", try encoded(cases))
      count += cases.count
    }
    return count
  }

  private static func encoded(_ cases: [[String: Any]]) throws -> Data {
    let data = try JSONSerialization.data(
      withJSONObject: cases, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return data + Data("\n".utf8)
  }
}

extension CipherSuiteAlgorithms {
  /// As many bytes as the suite's hash, the same in each run.
  func seed(_ name: String) -> SecretKey {
    SecretKey(copying: VectorSeed.bytes("mls \(name)", count: hashByteCount))
  }
}

extension SecretKey {
  /// Of a secret that a vector file shows.
  var hex: String { exportRawBytes().hex }
}

/// crypto-basics.json.
enum MadeCryptoBasics {
  static func make(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let secret = suite.seed("secret")
    let value = VectorSeed.bytes("value")
    let expanded = try suite.expandWithLabel(
      secret, label: "ExpandWithLabel", context: value, byteCount: 50)
    let treeSecret = try suite.deriveTreeSecret(
      secret, label: "DeriveTreeSecret", generation: 0x0102_0304, byteCount: 16)
    return [
      "ref_hash": [
        "label": "RefHash", "value": value.hex, "out": suite.refHash(label: "RefHash", value).hex,
      ],
      "expand_with_label": [
        "secret": secret.hex, "label": "ExpandWithLabel", "context": value.hex, "length": 50,
        "out": expanded.hex,
      ] as [String: Any],
      "derive_secret": [
        "secret": secret.hex, "label": "DeriveSecret", "out": suite.deriveSecret(secret, "DeriveSecret").hex,
      ],
      "derive_tree_secret": [
        "secret": secret.hex, "label": "DeriveTreeSecret", "generation": 0x0102_0304, "length": 16,
        "out": treeSecret.hex,
      ] as [String: Any],
      "sign_with_label": try signing(suite, value), "encrypt_with_label": try encryption(suite, value),
    ]
  }

  private static func signing(_ suite: CipherSuiteAlgorithms, _ value: [UInt8]) throws -> [String: Any] {
    let key = try SignatureKeyPair.generate(suite.suite)
    let signature = try suite.signWithLabel(key, label: "SignWithLabel", value)
    return [
      "priv": key.privateKey.hex, "pub": key.publicKey.bytes.hex, "content": value.hex,
      "label": "SignWithLabel", "signature": signature.hex,
    ]
  }

  private static func encryption(_ suite: CipherSuiteAlgorithms, _ value: [UInt8]) throws -> [String: Any] {
    let key = try HPKEKeyPair.generate(suite.suite)
    let sealed = try suite.encryptWithLabel(key.publicKey, label: "EncryptWithLabel", context: value, value)
    return [
      "priv": key.privateKeyBytes.hex, "pub": key.publicKey.bytes.hex, "label": "EncryptWithLabel",
      "context": value.hex, "plaintext": value.hex, "kem_output": sealed.kemOutput.hex,
      "ciphertext": sealed.ciphertext.hex,
    ]
  }
}

/// key-schedule.json and psk_secret.json.
enum MadeKeySchedule {
  static func make(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let groupID = VectorSeed.bytes("group id", count: 16)
    var initSecret = suite.seed("initial init secret")
    let first = initSecret
    let epochs = try (0..<3).map { number in
      let (epoch, next) = try makeEpoch(number, groupID, initSecret, suite)
      initSecret = next
      return epoch
    }
    return ["group_id": groupID.hex, "initial_init_secret": first.hex, "epochs": epochs]
  }

  private static func makeEpoch(
    _ number: Int, _ groupID: [UInt8], _ initSecret: SecretKey, _ suite: CipherSuiteAlgorithms
  ) throws -> ([String: Any], SecretKey) {
    let context = GroupContext(
      cipherSuite: suite.suite, groupID: groupID, epoch: UInt64(number),
      treeHash: suite.hash([UInt8(number)]), confirmedTranscriptHash: suite.hash([UInt8(number), 1]),
      extensions: [])
    let (commitSecret, pskSecret) = (suite.seed("commit \(number)"), suite.seed("psk \(number)"))
    let joiner = JoinerSecret(
      initSecret: initSecret, commitSecret: commitSecret, groupContext: context.encoded, suite)
    let member = joiner.withPreSharedKeys(pskSecret, suite)
    let secrets = member.epochSecrets(groupContext: context.encoded, suite)
    let exported = try secrets.export(label: "export", context: [1, 2, 3], byteCount: 40, suite)
    var epoch: [String: Any] = [
      "tree_hash": context.treeHash.hex, "commit_secret": commitSecret.hex, "psk_secret": pskSecret.hex,
      "confirmed_transcript_hash": context.confirmedTranscriptHash.hex, "group_context": context.encoded.hex,
      "joiner_secret": joiner.secret.hex, "welcome_secret": member.welcomeSecret(suite).secret.hex,
      "external_pub": try secrets.externalKeyPair(suite).publicKey.bytes.hex,
      "exporter": [
        "label": "export", "context": "010203", "length": 40, "secret": exported.hex,
      ] as [String: Any],
    ]
    epoch.merge(shown(secrets)) { value, _ in value }
    return (epoch, secrets.initSecret)
  }

  private static func shown(_ secrets: EpochSecrets) -> [String: Any] {
    [
      "init_secret": secrets.initSecret.hex, "sender_data_secret": secrets.senderDataSecret.hex,
      "encryption_secret": secrets.encryptionSecret.hex, "exporter_secret": secrets.exporterSecret.hex,
      "epoch_authenticator": secrets.epochAuthenticator.hex, "external_secret": secrets.externalSecret.hex,
      "confirmation_key": secrets.confirmationKey.hex, "membership_key": secrets.membershipKey.hex,
      "resumption_psk": secrets.resumptionPSK.hex,
    ]
  }

  static func makePreSharedKeys(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let keys = (0..<4).map { index in
      (
        id: PreSharedKeyID(
          key: .external(id: VectorSeed.bytes("psk id \(index)", count: 8)),
          nonce: suite.seed("psk nonce \(index)").exportRawBytes()),
        secret: suite.seed("psk \(index)")
      )
    }
    let shown = (0..<4).map { index in
      [
        "psk_id": VectorSeed.bytes("psk id \(index)", count: 8).hex, "psk": keys[index].secret.hex,
        "psk_nonce": keys[index].id.nonce.hex,
      ]
    }
    return ["psks": shown, "psk_secret": try suite.preSharedKeySecret(keys).hex]
  }
}

/// secret-tree.json.
enum MadeSecretTree {
  static func make(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let (secret, senderDataSecret) = (suite.seed("encryption"), suite.seed("sender data"))
    let ciphertext = VectorSeed.bytes("ciphertext", count: 77)
    var tree = SecretTree(encryptionSecret: secret, leafCount: LeafCount(holding: 4), suite)
    let leaves = try (0..<4).map { leaf in
      try [UInt32(0), 1, 15].map { generation in
        try keys(LeafIndex(UInt32(leaf)), generation, &tree, suite)
      }
    }
    let protection = MessageProtection(
      GroupContext(
        cipherSuite: suite.suite, groupID: [], epoch: 0, treeHash: [], confirmedTranscriptHash: [],
        extensions: []),
      senderDataSecret: senderDataSecret, membershipKey: secret, secretTree: tree, suite)
    let both = ciphertext.withRawSpan { protection.senderDataKey(sampleOf: $0) }
    let (key, nonce) = split(both, suite)
    return [
      "encryption_secret": secret.hex, "leaves": leaves,
      "sender_data": [
        "sender_data_secret": senderDataSecret.hex, "ciphertext": ciphertext.hex, "key": key, "nonce": nonce,
      ],
    ]
  }

  private static func keys(
    _ leaf: LeafIndex, _ generation: UInt32, _ tree: inout SecretTree, _ suite: CipherSuiteAlgorithms
  ) throws -> [String: Any] {
    let handshake = try tree.withKey(of: leaf, .commit, generation: generation, limits: .default) {
      $0.keyAndNonce
    }
    let application = try tree.withKey(
      of: leaf, .application, generation: generation, limits: .default
    ) { $0.keyAndNonce }
    let (handshakeKey, handshakeNonce) = split(handshake, suite)
    let (applicationKey, applicationNonce) = split(application, suite)
    return [
      "generation": Int(generation), "handshake_key": handshakeKey, "handshake_nonce": handshakeNonce,
      "application_key": applicationKey, "application_nonce": applicationNonce,
    ]
  }

  private static func split(_ both: SecretKey, _ suite: CipherSuiteAlgorithms) -> (String, String) {
    let bytes = both.exportRawBytes()
    return (Array(bytes[..<suite.aeadKeyByteCount]).hex, Array(bytes[suite.aeadKeyByteCount...]).hex)
  }
}
