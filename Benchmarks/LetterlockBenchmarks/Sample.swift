import Letterlock

/// An account without relay or store, a message, and how long it is once sealed.
struct Sample {
  let archive: Archive
  let conversation: Conversation
  let message: Message
  let record: [UInt8]

  init(textByteCount: Int) throws {
    let created = try Device.createAccount(named: "Benchmark", vault: .inMemory)
    archive = created.device.archive
    conversation = archive.conversation(ConversationID())
    message = .carrier(.sms, from: Address("+15550100"), text: Self.text(textByteCount))
    record = try conversation.seal(message).bytes
    guard try archive.open(SealedRecord(decoding: record)).text == message.text else {
      throw Failure.wrongContent
    }
  }

  /// The length of the record's ciphertext without its tag: the message with its padding.
  var paddedByteCount: Int {
    let prefixByteCount = 57
    return record.count - prefixByteCount - (1 << Int(record[prefixByteCount] >> 6)) - 16
  }

  /// A text of `byteCount` bytes; another number begins another text.
  static func text(_ byteCount: Int, number: Int = 0) -> String {
    let sentence = "Dinner at 7? I could bring the bread, and you the cheese. "
    let text = "\(number) " + String(repeating: sentence, count: byteCount / sentence.utf8.count + 1)
    return String(text.prefix(byteCount))
  }
}
