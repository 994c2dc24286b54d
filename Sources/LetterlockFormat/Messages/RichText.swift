/// Text, and which parts of it look or act differently. SPEC.md section 10.5.
public struct RichText: Hashable, Sendable {
  /// The text without its styles.
  public let text: String
  /// By start, then end; each within the text, not empty, and on whole Unicode scalars.
  public let styles: [StyledRange]

  /// A part of the text and its style.
  public struct StyledRange: Hashable, Sendable {
    /// Offsets into the text's UTF-8 bytes.
    public let utf8Range: Range<Int>
    /// What applies to it.
    public let style: Style

    /// This style over these offsets into the text's UTF-8 bytes.
    public init(utf8Range: Range<Int>, style: Style) {
      self.utf8Range = utf8Range
      self.style = style
    }
  }

  /// What a part of a text looks like or does.
  public enum Style: Hashable, Sendable {
    /// Bold.
    case bold
    /// Italic.
    case italic
    /// Underlined.
    case underline
    /// Struck through.
    case strikethrough
    /// A link to this address (URL).
    case link(String)
    /// Names this participant.
    case mention(Address)
    /// A named animation, such as `shake`.
    case effect(String)
    /// A style of a newer version.
    case unknown(UnknownValue)
  }

  /// Text without styles.
  public init(_ text: String) {
    self.text = text
    styles = []
  }

  /// Text with styles, which are sorted; a range that does not fit the text is left out.
  public init(_ text: String, styles: [StyledRange]) {
    self.text = text
    self.styles = styles.filter { text.hasScalars(at: $0.utf8Range) }.stablySorted()
  }

  /// Text with styles whose ranges count UTF-16 units, as Apple's frameworks do.
  ///
  /// A range that does not fit the text is left out.
  public init(_ text: String, utf16Styles: [(range: Range<Int>, style: Style)]) {
    let units = text.utf16
    let styles = utf16Styles.compactMap { item -> StyledRange? in
      guard item.range.lowerBound >= 0,
        let lower = units.index(units.startIndex, offsetBy: item.range.lowerBound, limitedBy: units.endIndex),
        let upper = units.index(lower, offsetBy: item.range.count, limitedBy: units.endIndex)
      else { return nil }
      let start = text.utf8.distance(from: text.startIndex, to: lower)
      let end = text.utf8.distance(from: text.startIndex, to: upper)
      return StyledRange(utf8Range: start..<end, style: item.style)
    }
    self.init(text, styles: styles)
  }

  /// Text and styles that a decoder has checked.
  init(checked text: String, styles: [StyledRange]) {
    self.text = text
    self.styles = styles
  }
}

extension RichText: ExpressibleByStringLiteral {
  /// Text without styles.
  public init(stringLiteral value: String) {
    self.init(value)
  }
}

extension RichText.StyledRange {
  /// Whether the order of SPEC.md section 10.5 lets `self` stand before `other`.
  func mayPrecede(_ other: Self) -> Bool {
    (utf8Range.lowerBound, utf8Range.upperBound) <= (other.utf8Range.lowerBound, other.utf8Range.upperBound)
  }
}

extension [RichText.StyledRange] {
  fileprivate func stablySorted() -> Self {
    enumerated().sorted { left, right in
      let (before, after) = (left.element.utf8Range, right.element.utf8Range)
      return (before.lowerBound, before.upperBound, left.offset)
        < (after.lowerBound, after.upperBound, right.offset)
    }.map(\.element)
  }
}

extension String {
  /// Whether `range` is a non-empty run of whole Unicode scalars, counted in UTF-8 bytes.
  func hasScalars(at range: Range<Int>) -> Bool {
    guard range.lowerBound >= 0, !range.isEmpty, range.upperBound <= utf8.count else { return false }
    return [range.lowerBound, range.upperBound].allSatisfy { offset in
      utf8.index(startIndex, offsetBy: offset).samePosition(in: unicodeScalars) != nil
    }
  }
}
