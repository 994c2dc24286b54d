internal import Foundation

/// Words that a text must all hold, whatever their case and accents.
struct SearchWords: Sendable {
  /// Each folded, as UTF-8.
  private let words: [[UInt8]]

  /// The words of a line; none match nothing.
  init(_ line: String) {
    words = line.split(whereSeparator: \.isWhitespace).map { Self.folded(String($0)) }.filter { !$0.isEmpty }
  }

  /// Whether a text holds every word.
  func match(_ text: String) -> Bool {
    guard !words.isEmpty, !text.isEmpty else { return false }
    let bytes = Self.folded(text)
    return words.allSatisfy { Self.contains(bytes, $0) }
  }

  private static func folded(_ text: String) -> [UInt8] {
    var bytes = Array(text.utf8)
    guard bytes.allSatisfy({ $0 < 0x80 }) else {
      return Array(text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil).utf8)
    }
    for index in bytes.indices where bytes[index] >= 0x41 && bytes[index] <= 0x5A { bytes[index] |= 0x20 }
    return bytes
  }

  private static func contains(_ text: [UInt8], _ word: [UInt8]) -> Bool {
    guard text.count >= word.count else { return false }
    let first = word[0]
    for start in 0...text.count - word.count where text[start] == first {
      var count = 1
      while count < word.count, text[start + count] == word[count] { count += 1 }
      if count == word.count { return true }
    }
    return false
  }
}
