#if SQLite
import Letterlock

/// The text of a message as Messages archives it: an NSAttributedString in a typedstream.
struct AttributedBody {
  /// The text and its styles, without the characters that stand for attachments.
  let text: RichText
  /// The identifiers of the attachments, in the order in which they stand in the text.
  let attachmentGUIDs: [String]
  /// The text of each part, by its number, without the characters that stand for attachments.
  let parts: [Int: String]

  /// U+FFFC, which stands where an attachment is.
  static let attachmentCharacter: UInt16 = 0xfffc

  /// Decodes an archive; nil if it is not one of an attributed string.
  init?(_ bytes: [UInt8]) {
    guard let plain = PlainArchive.text(of: bytes) else {
      self.init(decoding: bytes)
      return
    }
    self.init(plain, runs: [])
  }

  /// Decodes an archive object by object.
  init?(decoding bytes: [UInt8]) {
    guard let stream = try? Typedstream(bytes), case .reference(let root) = stream.root,
      stream.classNames(of: root).contains("NSAttributedString")
    else { return nil }
    let reader = Reader(stream: stream)
    guard let (string, runs) = reader.attributedString(root) else { return nil }
    self.init(string, runs: runs)
  }

  private init(_ string: String, runs: [Run]) {
    guard !runs.isEmpty || string.utf16.contains(Self.attachmentCharacter) else {
      text = RichText(string)
      attachmentGUIDs = []
      parts = [0: string]
      return
    }
    var units: [UInt16] = []
    var kept: [Int] = []
    for unit in string.utf16 {
      kept.append(units.count)
      if unit != Self.attachmentCharacter { units.append(unit) }
    }
    kept.append(units.count)
    var styles: [(range: Range<Int>, style: RichText.Style)] = []
    var guids: [String] = []
    var parts: [Int: String] = [:]
    for run in runs {
      if let guid = run.attachment { guids.append(guid) }
      guard run.range.upperBound < kept.count else { continue }
      let range = kept[run.range.lowerBound]..<kept[run.range.upperBound]
      guard !range.isEmpty else { continue }
      if let part = run.part { parts[part, default: ""] += String(decoding: units[range], as: UTF16.self) }
      styles += run.styles.map { (range, $0) }
    }
    text = RichText(String(decoding: units, as: UTF16.self), utf16Styles: styles)
    attachmentGUIDs = guids
    self.parts = parts
  }

  /// A stretch of text and what applies to it.
  struct Run {
    var range: Range<Int>
    var styles: [RichText.Style]
    var attachment: String?
    var part: Int?
  }

  /// What applies to the runs of one set.
  private struct Attributes {
    var styles: [RichText.Style] = []
    var attachment: String?
    var part: Int?
  }

  /// Finds strings, numbers and dictionaries among a stream's objects.
  private struct Reader {
    let stream: Typedstream

    /// The string comes first; then pairs of an attribute set's number and a length, each new number
    /// followed by its dictionary.
    func attributedString(_ index: Int) -> (String, [Run])? {
      var groups = stream.groups(of: index)[...]
      guard let first = groups.popFirst()?.first, let text = string(first) else { return nil }
      var sets: [Attributes] = []
      // A dictionary that many sets refer to is read once.
      var known: [Int: Attributes] = [:]
      var runs: [Run] = []
      var start = 0
      let end = text.utf16.count
      while let group = groups.popFirst() {
        guard group.count == 2, case .integer(let number) = group[0],
          case .integer(let length) = group[1], length >= 0, length <= Int64(end - start)
        else { break }
        if number == Int64(sets.count) + 1, let next = groups.first?.first {
          groups.removeFirst()
          sets.append(attributes(next, &known))
        }
        let range = start..<start + Int(length)
        start = range.upperBound
        guard number >= 1, number <= Int64(sets.count) else { continue }
        let set = sets[Int(number) - 1]
        runs.append(Run(range: range, styles: set.styles, attachment: set.attachment, part: set.part))
      }
      return (text, runs)
    }

    private func attributes(_ value: Typedstream.Value, _ known: inout [Int: Attributes]) -> Attributes {
      guard case .reference(let index) = value else { return Attributes() }
      if let set = known[index] { return set }
      let set = attributes(dictionary(value))
      known[index] = set
      return set
    }

    private func attributes(_ set: [String: Typedstream.Value]) -> Attributes {
      var run = Attributes()
      for (name, value) in set.sorted(by: { $0.key < $1.key }) {
        switch name {
        case "__kIMFileTransferGUIDAttributeName": run.attachment = string(value)
        case "__kIMMessagePartAttributeName": run.part = integer(value).flatMap { Int(exactly: $0) }
        case "__kIMMentionConfirmedMention":
          if let who = string(value) { run.styles.append(.mention(Address(who))) }
        case "__kIMLinkAttributeName":
          if let link = link(value) { run.styles.append(.link(link)) }
        case "__kIMTextBoldAttributeName": run.styles.append(.bold)
        case "__kIMTextItalicAttributeName": run.styles.append(.italic)
        case "__kIMTextUnderlineAttributeName": run.styles.append(.underline)
        case "__kIMTextStrikethroughAttributeName": run.styles.append(.strikethrough)
        case "__kIMTextEffectAttributeName":
          if let number = integer(value) { run.styles.append(.effect(Self.effectName(number))) }
        default: break
        }
      }
      return run
    }

    /// The animations of macOS 15, by the numbers that Messages gives them.
    private static func effectName(_ number: Int64) -> String {
      switch number {
      case 4: "explode"
      case 5: "big"
      case 6: "nod"
      case 8: "ripple"
      case 9: "shake"
      case 10: "jitter"
      case 11: "small"
      case 12: "bloom"
      default: "\(number)"
      }
    }

    private func string(_ value: Typedstream.Value) -> String? {
      switch value {
      case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
      case .reference(let index):
        guard stream.objects.indices.contains(index) else { return nil }
        if case .string(let bytes) = stream.objects[index] {
          return String(decoding: bytes, as: UTF8.self)
        }
        guard stream.classNames(of: index).contains("NSString"),
          case .bytes(let bytes)? = stream.groups(of: index).first?.first
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
      default: return nil
      }
    }

    /// NSNumber holds the name of its type, then the value.
    private func integer(_ value: Typedstream.Value) -> Int64? {
      guard case .reference(let index) = value,
        stream.classNames(of: index).contains("NSNumber"),
        case .integer(let number)? = stream.groups(of: index).dropFirst().first?.first
      else { return nil }
      return number
    }

    /// NSURL holds whether it has a base, then its text.
    private func link(_ value: Typedstream.Value) -> String? {
      guard case .reference(let index) = value, stream.classNames(of: index).contains("NSURL") else {
        return string(value)
      }
      return stream.groups(of: index).lazy.flatMap { $0 }.compactMap { string($0) }.first
    }

    /// A count, then each key and its value.
    private func dictionary(_ value: Typedstream.Value) -> [String: Typedstream.Value] {
      guard case .reference(let index) = value,
        stream.classNames(of: index).contains("NSDictionary")
      else { return [:] }
      let values = stream.groups(of: index).dropFirst().flatMap { $0 }
      var entries: [String: Typedstream.Value] = [:]
      for place in stride(from: 0, to: values.count - 1, by: 2) {
        if let key = string(values[place]) { entries[key] = values[place + 1] }
      }
      return entries
    }
  }
}
#endif
