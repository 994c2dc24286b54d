import Letterlock

let created = try Device.createAccount(named: "Ann's phone", vault: .inMemory)
let chat = created.device.archive.conversation(ConversationID())
let record = try chat.seal(.carrier(.sms, from: Address("+15550111"), text: "Dinner at 7?"))
let message = try created.device.archive.open(SealedRecord(decoding: record.bytes))
guard message.text == "Dinner at 7?", message.protection == .unencrypted(.sms) else {
  throw ArchiveError.internalError("consumer")
}
print("Sealed \(record.bytes.count) bytes, opened: \(message.text) (\(message.protection))")
created.recoveryKey.reveal { _ in }
