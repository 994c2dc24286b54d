import TLSCodec

/// ```
/// 1 id                  opaque[16]
/// 2 name                UTF-8
/// 3 at                  int64
/// 4 tree_size           uint64
/// 5 tree_root           opaque[32]
/// 6 message_count       uint64
/// 7 conversation_count  uint64
/// 8 attachment_count    uint64
/// ```
/// SPEC.md section 10.11.
extension Snapshot: FieldCoded {
  enum FieldNumber: UInt16 {
    case id = 1
    case name, at, treeSize, treeRoot, messageCount, conversationCount, attachmentCount
  }

  var fieldNumbers: ClosedRange<UInt16> { 1...8 }

  func valueByteCount(of field: FieldNumber) -> Int? {
    switch field {
    case .id: 16
    case .name: name.utf8.count
    case .treeRoot: 32
    case .at, .treeSize, .messageCount, .conversationCount, .attachmentCount: 8
    }
  }

  func writeValue(of field: FieldNumber, to bytes: inout MutableRawSpan, at offset: inout Int) {
    switch field {
    case .id: bytes.write(identifier, at: &offset)
    case .name: bytes.write(fixed: name, at: &offset)
    case .at: bytes.write(at.nanosecondsSince1970, at: &offset)
    case .treeSize: bytes.write(treeSize, at: &offset)
    case .treeRoot: bytes.write(fixed: treeRoot, at: &offset)
    case .messageCount: bytes.write(messageCount, at: &offset)
    case .conversationCount: bytes.write(conversationCount, at: &offset)
    case .attachmentCount: bytes.write(attachmentCount, at: &offset)
    }
  }

  init(readingFields reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    var (id, name, at, root) = (Bytes16?.none, String?.none, Timestamp?.none, [UInt8]?.none)
    var numbers: [FieldNumber: UInt64] = [:]
    var unknown: [UnknownValue] = []
    var fields = FieldReader()
    while let (number, rest) = try fields.next(&reader, from: bytes) {
      var value = rest
      switch FieldNumber(rawValue: number) {
      case .id: id = try value.readBytes16(from: bytes)
      case .name: name = try value.readRestAsText(from: bytes)
      case .at: at = Timestamp(nanosecondsSince1970: try value.read(from: bytes))
      case .treeRoot: root = value.readRest(from: bytes)
      case let known?: numbers[known] = try value.read(from: bytes)
      case nil: unknown.append(UnknownValue(code: number, bytes: value.readRest(from: bytes)))
      }
      try value.finish()
    }
    guard let id, let name, let at, let root, root.count == 32, let size = numbers[.treeSize],
      let messages = numbers[.messageCount], let conversations = numbers[.conversationCount],
      let attachments = numbers[.attachmentCount]
    else { throw .invalidValue }
    self.init(
      identifier: id, name: name, at: at, treeSize: size, treeRoot: root, messageCount: messages,
      conversationCount: conversations, attachmentCount: attachments)
    unknownFields = unknown
  }
}
