#if Tool
extension String {
  /// The text as one line of a terminal: what a sender or a device wrote must not move the cursor, hide what stands
  /// before it, or look like a line of its own.
  var shown: String { shown(lineBreak: " ⏎ ") }

  /// The text without controls, each line break as it is given.
  func shown(lineBreak: String) -> String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var text = ""
    var previous: Unicode.Scalar?
    for scalar in unicodeScalars {
      switch scalar {
      case "\n" where previous == "\r": break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": text += lineBreak
      case "\t": text += " "
      // A mark turns nothing round by itself, and text of two directions is full of them.
      case "\u{200E}", "\u{200F}", "\u{61C}": break
      case _ where scalar.isControl: text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
      previous = scalar
    }
    return text
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls, line separators, and what has the property Bidi_Control.
  var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}

/// What goes to a person: the words of the tool as they are, and everything that is put into them as one line that a
/// terminal takes for nothing but text.
struct TerminalText: ExpressibleByStringInterpolation, CustomStringConvertible {
  let description: String

  init(stringLiteral value: String) { description = value }

  init(stringInterpolation: Interpolation) { description = stringInterpolation.text }

  private init(_ description: String) { self.description = description }

  static func + (left: Self, right: Self) -> Self { Self(left.description + right.description) }

  static func += (left: inout Self, right: Self) { left = left + right }

  /// Collects the parts of a text.
  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text += value.description.shown
    }

    mutating func appendInterpolation(_ error: some Error & CustomStringConvertible) {
      text += error.description.shown
    }

    mutating func appendInterpolation(_ error: some Error) { text += String(describing: error).shown }

    mutating func appendInterpolation(_ part: TerminalText) { text += part.description }
  }
}
#endif
