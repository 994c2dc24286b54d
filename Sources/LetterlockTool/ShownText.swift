#if Tool
extension String {
  /// The text as one line of a terminal: what a sender or a device wrote must not move the cursor, hide what stands
  /// before it, or look like a line of its own.
  var shown: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n", "\u{2028}", "\u{2029}": text += " ⏎ "
      case _ where scalar.isControl: text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls, line separators, and what turns the direction of text round.
  fileprivate var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
#endif
