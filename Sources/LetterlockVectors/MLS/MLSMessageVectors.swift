import CryptoCore
import MLS
import TLSCodec

/// messages.json and deserialization.json: what is decoded encodes to the same bytes.
enum MLSMessageVectors {
  private static let structures: [(name: String, type: any TLSCodable.Type)] = [
    ("mls_welcome", MLSMessage.self), ("mls_group_info", MLSMessage.self),
    ("mls_key_package", MLSMessage.self), ("ratchet_tree", [Node?].self),
    ("add_proposal", Add.self), ("update_proposal", Update.self), ("remove_proposal", Remove.self),
    ("pre_shared_key_proposal", PreSharedKey.self), ("re_init_proposal", ReInit.self),
    ("external_init_proposal", ExternalInit.self),
    ("group_context_extensions_proposal", GroupContextExtensions.self), ("commit", Commit.self),
    ("public_message_application", MLSMessage.self), ("public_message_proposal", MLSMessage.self),
    ("public_message_commit", MLSMessage.self), ("private_message", MLSMessage.self),
  ]

  static func verify(_ test: JSONCase) throws -> Bool {
    for (name, type) in structures {
      let bytes = test.bytes(name)
      guard try type.init(decoding: bytes).encoded == bytes else { return false }
    }
    let secrets = test.secret("group_secrets")
    return try GroupSecrets(decoding: secrets).encoded.isEqual(to: secrets)
  }

  /// The header of a vector, whose content is not there.
  static func verifyLength(_ test: JSONCase) throws -> Bool {
    guard let length = test.number("length") else { return false }
    var reader = TLSReader(test.bytes("vlbytes_header") + [UInt8](repeating: 0, count: length))
    let read = try reader.readLength()
    var writer = TLSWriter()
    writer.write(length: read)
    return read == length && reader.remaining == length && writer.bytes == test.bytes("vlbytes_header")
  }
}
