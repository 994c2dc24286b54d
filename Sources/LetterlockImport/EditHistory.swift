#if SQLite
import Letterlock

/// What Messages keeps of the earlier versions of a message, part by part: the property list `message_summary_info`.
///
/// `ec` has the versions of each part that was edited, from the first on: `d` is the time in seconds since 2001, `t` an
/// archived text. `rp` lists the parts that were unsent, and `otr` all parts that there were.
struct EditHistory {
  /// A part as it was from a time on.
  struct Edit {
    /// In nanoseconds since 2001, or in seconds.
    let time: Int64
    let text: RichText
  }

  /// The versions of each part that was edited, from the first on.
  private let edits: [Int: [Edit]]
  /// How many parts there were; 0 if the list does not say.
  private let partCount: Int
  /// The parts that were unsent.
  private let unsent: Set<Int>

  /// More bytes, versions or parts than these are not read.
  static let maximumByteCount = 1 << 18
  private static let maximumCount = 64

  /// Reads a list; nil if there is nothing in it about versions.
  init?(_ bytes: [UInt8]) {
    guard let list = BinaryPropertyList(bytes, maximumByteCount: Self.maximumByteCount),
      let all = list.dictionary(list.root)
    else { return nil }
    partCount = min(all["otr"].flatMap(list.dictionary)?.count ?? 0, Self.maximumCount)
    unsent = Set(
      (all["rp"].flatMap(list.array) ?? []).prefix(Self.maximumCount).compactMap { list.part($0) })
    var edits: [Int: [Edit]] = [:]
    var left = Self.maximumCount
    for (key, object) in (all["ec"].flatMap(list.dictionary) ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let part = Int(key), (0..<Self.maximumCount).contains(part), let events = list.array(object)
      else {
        continue
      }
      let found = events.prefix(left).compactMap { Self.edit($0, in: list) }
      left -= found.count
      if !found.isEmpty { edits[part] = found }
    }
    self.edits = edits
    guard !edits.isEmpty || !unsent.isEmpty else { return nil }
  }

  private static func edit(_ object: Int, in list: BinaryPropertyList) -> Edit? {
    guard let event = list.dictionary(object), let archive = event["t"].flatMap(list.data),
      let body = AttributedBody(archive)
    else { return nil }
    let time = event["d"].flatMap(list.number).flatMap { Int64(exactly: $0.rounded()) }
    return Edit(time: time ?? 0, text: body.text)
  }

  /// How many parts were unsent while others stayed; 0 if none or all were.
  var unsentPartCount: UInt32 { isUnsent ? 0 : UInt32(unsent.count) }

  /// Whether every part was unsent.
  var isUnsent: Bool { !unsent.isEmpty && unsent.count >= partCount }

  /// What the message said, from its first version to its last one, as far as it is known.
  ///
  /// - Parameter current: the text of each part that is left.
  func versions(_ current: [Int: String]) -> [Edit] {
    guard !edits.isEmpty else { return [] }
    if partCount <= 1, edits.count == 1, let only = edits[0] { return only }
    let parts = (0..<max(partCount, (edits.keys.max() ?? 0) + 1))
    var texts = parts.map { edits[$0]?.first?.text.text ?? current[$0] ?? "" }
    let changes = edits.flatMap { part, edits in
      edits.dropFirst().map { (time: $0.time, part: part, text: $0.text) }
    }
    var versions = [Edit(time: 0, text: RichText(texts.joined()))]
    for change in changes.sorted(by: { ($0.time, $0.part) < ($1.time, $1.part) }) {
      texts[change.part] = change.text.text
      versions.append(Edit(time: change.time, text: RichText(texts.joined())))
    }
    return versions
  }
}

extension BinaryPropertyList {
  /// The number of a part.
  fileprivate func part(_ object: Int) -> Int? {
    number(object).flatMap { Int(exactly: $0) }.flatMap { (0..<1 << 20).contains($0) ? $0 : nil }
  }
}
#endif
