import Letterlock

func sealAndOpen() throws {
  let created = try Device.createAccount(named: "Ann's phone", vault: .inMemory)
  created.recoveryKey.reveal { print("A recovery key of \($0.count) characters") }
  try created.device.confirmRecoveryKey()
  let chat = created.device.archive.conversation(ConversationID())
  let record = try chat.seal(.carrier(.sms, from: Address("+15550111"), text: "Dinner at 7?"))
  let message = try created.device.archive.open(SealedRecord(decoding: record.bytes))
  guard message.text == "Dinner at 7?", message.protection == .unencrypted(.sms) else {
    throw ArchiveError.internalError("consumer")
  }
  print("Sealed \(record.bytes.count) bytes, opened: \(message.text) (\(message.protection))")
}

try sealAndOpen()
