import TLSCodec

/// ```
/// enum {
///   text(1), reaction(2), edit(3), retraction(4), sticker(5), group_event(6), app(7), (65535)
/// } BodyKind;
///
/// struct {
///   BodyKind kind;
///   select (Body.kind) {
///     case text: Text text;
///     case reaction: Reaction reaction;
///     case edit: opaque target[16]; Text new_text;
///     case retraction: opaque target[n];            n is 0 or 16
///     case sticker: uint32 attachment; opaque target[n];
///     case group_event: GroupEvent event;
///     case app: opaque media_type<V>; opaque bytes<V>; optional<opaque<V>> summary;
///   };
/// } Body;
/// ```
/// SPEC.md section 10.5.
extension Message.Body {
  private var kind: UInt16 {
    switch self {
    case .text: 1
    case .reaction: 2
    case .edit: 3
    case .retraction: 4
    case .sticker: 5
    case .groupEvent: 6
    case .app: 7
    case .unknown(let unknown): unknown.code
    }
  }

  var byteCount: Int {
    switch self {
    case .text(let text): 2 + text.byteCount
    case .reaction(let reaction): 2 + reaction.byteCount
    case .edit(let edit): 2 + 16 + edit.newText.byteCount
    case .retraction(let target): 2 + (target == nil ? 0 : 16)
    case .sticker(let sticker): 2 + 4 + (sticker.target == nil ? 0 : 16)
    case .groupEvent(let event): 2 + event.byteCount
    case .app(let content): 2 + content.byteCount
    case .unknown(let unknown): 2 + unknown.bytes.count
    }
  }

  func write(to bytes: inout MutableRawSpan, at offset: inout Int) {
    bytes.write(kind, at: &offset)
    switch self {
    case .text(let text): text.write(to: &bytes, at: &offset)
    case .reaction(let reaction): reaction.write(to: &bytes, at: &offset)
    case .edit(let edit):
      bytes.write(edit.target.value, at: &offset)
      edit.newText.write(to: &bytes, at: &offset)
    case .retraction(let target):
      if let target { bytes.write(target.value, at: &offset) }
    case .sticker(let sticker):
      bytes.write(sticker.attachment, at: &offset)
      if let target = sticker.target { bytes.write(target.value, at: &offset) }
    case .groupEvent(let event): event.write(to: &bytes, at: &offset)
    case .app(let content): content.write(to: &bytes, at: &offset)
    case .unknown(let unknown): bytes.write(fixed: unknown.bytes, at: &offset)
    }
  }

  init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    let kind: UInt16 = try reader.read(from: bytes)
    switch kind {
    case 1: self = .text(try RichText(reading: &reader, from: bytes))
    case 2: self = .reaction(try Reaction(reading: &reader, from: bytes))
    case 3:
      let target = MessageID(try reader.readBytes16(from: bytes))
      self = .edit(Message.Edit(target: target, newText: try RichText(reading: &reader, from: bytes)))
    case 4: self = .retraction(target: try MessageID(readingIfAny: &reader, from: bytes))
    case 5:
      let attachment: UInt32 = try reader.read(from: bytes)
      let target = try MessageID(readingIfAny: &reader, from: bytes)
      self = .sticker(Message.Sticker(target: target, attachment: attachment))
    case 6: self = .groupEvent(try GroupEvent(reading: &reader, from: bytes))
    case 7: self = .app(try AppContent(reading: &reader, from: bytes))
    default: self = .unknown(UnknownValue(code: kind, bytes: reader.readRest(from: bytes)))
    }
  }
}

extension MessageID {
  /// The identifier that is left to read, or nil if nothing is.
  fileprivate init?(readingIfAny reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    guard !reader.isAtEnd else { return nil }
    self.init(try reader.readBytes16(from: bytes))
  }
}

extension AppContent {
  fileprivate var byteCount: Int {
    mediaType.vectorByteCount + bytes.count.asVector + 1 + (summary?.vectorByteCount ?? 0)
  }

  fileprivate func write(to output: inout MutableRawSpan, at offset: inout Int) {
    output.write(opaque: mediaType, at: &offset)
    output.write(opaque: bytes, at: &offset)
    output.write(UInt8(summary == nil ? 0 : 1), at: &offset)
    if let summary { output.write(opaque: summary, at: &offset) }
  }

  fileprivate init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    mediaType = try reader.readText(from: bytes)
    self.bytes = try reader.readOpaque(from: bytes)
    switch try reader.read(UInt8.self, from: bytes) {
    case 0: summary = nil
    case 1: summary = try reader.readText(from: bytes)
    default: throw .unknownValue
    }
  }
}
