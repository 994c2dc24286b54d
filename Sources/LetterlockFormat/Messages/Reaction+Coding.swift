import TLSCodec

/// ```
/// enum { added(0), removed(1), (255) } Change;
/// enum {
///   love(1), like(2), dislike(3), laugh(4), emphasize(5), question(6), emoji(7), (65535)
/// } ReactionKind;
///
/// struct {
///   opaque target[16];
///   uint32 part;
///   Change change;
///   ReactionKind kind;
///   opaque value[...];        to the end: UTF-8 for an emoji, empty for the others
/// } Reaction;
/// ```
/// SPEC.md section 10.5.
extension Reaction {
  var byteCount: Int {
    switch kind {
    case .love, .like, .dislike, .laugh, .emphasize, .question: 23
    case .emoji(let emoji): 23 + emoji.utf8.count
    case .unknown(let unknown): 23 + unknown.bytes.count
    }
  }

  func write(to bytes: inout MutableRawSpan, at offset: inout Int) {
    bytes.write(target.value, at: &offset)
    bytes.write(part, at: &offset)
    bytes.write(UInt8(change == .added ? 0 : 1), at: &offset)
    bytes.write(kind.code, at: &offset)
    switch kind {
    case .love, .like, .dislike, .laugh, .emphasize, .question: break
    case .emoji(let emoji): bytes.write(fixed: emoji, at: &offset)
    case .unknown(let unknown): bytes.write(fixed: unknown.bytes, at: &offset)
    }
  }

  init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    target = MessageID(try reader.readBytes16(from: bytes))
    part = try reader.read(from: bytes)
    switch try reader.read(UInt8.self, from: bytes) {
    case 0: change = .added
    case 1: change = .removed
    default: throw .unknownValue
    }
    kind = try Kind(reading: &reader, from: bytes)
  }
}

extension Reaction.Kind {
  fileprivate var code: UInt16 {
    switch self {
    case .love: 1
    case .like: 2
    case .dislike: 3
    case .laugh: 4
    case .emphasize: 5
    case .question: 6
    case .emoji: 7
    case .unknown(let unknown): unknown.code
    }
  }

  fileprivate init(reading reader: inout SpanReader, from bytes: RawSpan) throws(TLSError) {
    let code: UInt16 = try reader.read(from: bytes)
    switch code {
    case 1: self = .love
    case 2: self = .like
    case 3: self = .dislike
    case 4: self = .laugh
    case 5: self = .emphasize
    case 6: self = .question
    case 7: self = .emoji(try reader.readRestAsText(from: bytes))
    default: self = .unknown(UnknownValue(code: code, bytes: reader.readRest(from: bytes)))
    }
  }
}
