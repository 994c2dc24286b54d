import TLSCodec

/// ```
///  1 id                    opaque[16]
///  2 conversation          opaque[16], optional
///  3 sender                UTF-8 address; left out if this person
///  4 sent_at               int64
///  5 received_at           int64, optional
///  6 carriage              Carriage
///  7 service               UTF-8; with the three end-to-end carriages, and no other that is known
///  8 body                  Body
///  9 attachments           opaque attachment<V>[...], each the fields of an Attachment; not empty
/// 10 reply_to              opaque[16], optional
/// 11 effect                UTF-8, optional
/// 12 subject               UTF-8, optional
/// 13 edited_at             int64, optional
/// 14 recently_deleted_at   int64, optional
/// 15 recipients            opaque address<V>[...]; not empty
/// 16 origin                opaque source<V>; opaque identifier<V>; opaque service<V>; optional
/// 17 delivery              uint8: failed(1), scheduled(2); left out of what was sent or received
/// 18 absent_files          opaque absent_file<V>[...], each the fields of an AbsentFile; not empty
/// 19 unsent_parts          uint32, not 0
/// ```
/// SPEC.md section 10.3.
extension Message: FieldCoded {
  enum FieldNumber: UInt16 {
    case id = 1
    case conversation, sender, sentAt, receivedAt, carriage, service, body, attachments, replyTo, effect
    case subject, editedAt, recentlyDeletedAt, recipients, origin, delivery
    case absentFiles, unsentPartCount
  }

  /// The last field of `core` is the body.
  var fieldNumbers: ClosedRange<UInt16> { extras == nil ? 1...8 : 1...19 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .id: 16
    case .conversation: core.conversation == nil ? nil : 16
    case .sender: core.sender.address?.rawValue.utf8.count
    case .sentAt: 8
    case .receivedAt: core.receivedAt == nil ? nil : 8
    case .carriage: 1
    case .service: core.carriage.service?.utf8.count
    case .body: core.body.byteCount
    default: extras?.value.valueByteCount(of: field)
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .id: bytes.write(core.id.value, at: &offset)
    case .conversation:
      if let conversation = core.conversation { bytes.write(conversation.value, at: &offset) }
    case .sender: bytes.write(fixed: core.sender.address?.rawValue ?? "", at: &offset)
    case .sentAt: bytes.write(core.sentAt.nanosecondsSince1970, at: &offset)
    case .receivedAt: bytes.write(core.receivedAt, at: &offset)
    case .carriage: bytes.write(CarriageCode(core.carriage, standing: core.standing).rawValue, at: &offset)
    case .service: bytes.write(fixed: core.carriage.service ?? "", at: &offset)
    case .body: core.body.write(to: &bytes, at: &offset)
    default: extras?.value.writeValue(of: field, to: &bytes, at: &offset)
    }
  }
}

extension Message.Extras {
  fileprivate func valueByteCount(of field: Message.FieldNumber) -> Int? {
    switch field {
    case .attachments: attachments.isEmpty ? nil : attachments.reduce(0) { $0 + $1.fieldsByteCount.asVector }
    case .replyTo: replyTo == nil ? nil : 16
    case .effect: effect?.name.utf8.count
    case .subject: subject?.utf8.count
    case .editedAt: editedAt == nil ? nil : 8
    case .recentlyDeletedAt: recentlyDeletedAt == nil ? nil : 8
    case .recipients: recipients.isEmpty ? nil : recipients.vectorsByteCount
    case .origin: origin?.byteCount
    case .delivery: delivery == nil ? nil : 1
    case .absentFiles: absentFiles.isEmpty ? nil : absentFiles.reduce(0) { $0 + $1.fieldsByteCount.asVector }
    case .unsentPartCount: unsentPartCount == 0 ? nil : 4
    default: nil
    }
  }

  fileprivate func writeValue(
    of field: Message.FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int
  ) {
    switch field {
    case .attachments:
      for attachment in attachments {
        bytes.write(length: attachment.fieldsByteCount, at: &offset)
        attachment.writeFields(to: &bytes, at: &offset)
      }
    case .replyTo: if let replyTo { bytes.write(replyTo.value, at: &offset) }
    case .effect: bytes.write(fixed: effect?.name ?? "", at: &offset)
    case .subject: bytes.write(fixed: subject ?? "", at: &offset)
    case .editedAt: bytes.write(editedAt, at: &offset)
    case .recentlyDeletedAt: bytes.write(recentlyDeletedAt, at: &offset)
    case .recipients: for recipient in recipients { bytes.write(opaque: recipient.rawValue, at: &offset) }
    case .origin: origin?.write(to: &bytes, at: &offset)
    case .delivery: if let delivery { bytes.write(delivery.code, at: &offset) }
    case .absentFiles:
      for file in absentFiles {
        bytes.write(length: file.fieldsByteCount, at: &offset)
        file.writeFields(to: &bytes, at: &offset)
      }
    case .unsentPartCount: bytes.write(unsentPartCount, at: &offset)
    default: break
    }
  }
}

extension Sender {
  fileprivate var address: Address? {
    switch self {
    case .me: nil
    case .other(let address): address
    }
  }
}

extension Carriage {
  fileprivate var service: String? {
    guard case .endToEnd(let service) = self else { return nil }
    return service
  }
}

extension [Address] {
  /// How many bytes the addresses take, each as a vector.
  var vectorsByteCount: Int {
    reduce(0) { $0 + $1.rawValue.vectorByteCount }
  }
}

extension MutableRawSpan {
  fileprivate mutating func write(_ time: Timestamp?, at offset: inout Int) {
    if let time { write(time.nanosecondsSince1970, at: &offset) }
  }
}

extension Message.Origin {
  fileprivate var byteCount: Int {
    source.vectorByteCount + identifier.vectorByteCount + service.vectorByteCount
  }

  fileprivate func write(to bytes: inout MutableRawSpan, at offset: inout Int) {
    bytes.write(opaque: source, at: &offset)
    bytes.write(opaque: identifier, at: &offset)
    bytes.write(opaque: service, at: &offset)
  }
}
