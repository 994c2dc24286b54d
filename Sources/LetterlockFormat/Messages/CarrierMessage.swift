internal import SystemCore

/// What a short message's characters are encoded in.
public enum SMSEncoding: Hashable, Sendable {
  /// 7 bits a character, two septets for those of the extension table. 3GPP TS 23.038 section 6.2.1.
  case gsm7
  /// 16 bits a UTF-16 unit. 3GPP TS 23.038 section 6.2.3.
  case ucs2

  /// How many septets or UTF-16 units a message of one segment holds.
  public var singleSegmentCapacity: Int {
    switch self {
    case .gsm7: 160
    case .ucs2: 70
    }
  }

  /// How many each of several segments holds, beside the header that puts them together again.
  public var joinedSegmentCapacity: Int {
    switch self {
    case .gsm7: 153
    case .ucs2: 67
    }
  }

  /// The encoding that `text` needs.
  public init(needsFor text: String) {
    self = text.unicodeScalars.allSatisfy { GSMAlphabet.septets(for: $0) != nil } ? .gsm7 : .ucs2
  }

  /// `text` cut into segments, at least one; never inside an escape sequence or a surrogate pair.
  func segments(of text: String) -> [String] {
    let scalars = text.unicodeScalars
    guard scalars.reduce(0, { $0 + unitCount(of: $1) }) > singleSegmentCapacity else { return [text] }
    var segments: [String] = []
    var segment = String.UnicodeScalarView()
    var used = 0
    for scalar in scalars {
      let count = unitCount(of: scalar)
      if used + count > joinedSegmentCapacity {
        segments.append(String(segment))
        segment = String.UnicodeScalarView()
        used = 0
      }
      segment.append(scalar)
      used += count
    }
    return segments + [String(segment)]
  }

  private func unitCount(of scalar: Unicode.Scalar) -> Int {
    switch self {
    case .gsm7: GSMAlphabet.septets(for: scalar)?.count ?? 0
    case .ucs2: UTF16.width(scalar)
    }
  }
}

/// What a carrier puts up with; carriers differ, so the caller says.
public struct CarrierLimits: Hashable, Sendable {
  /// A text of more segments than this goes as MMS; never more than the 255 that can be joined.
  public var smsSegmentCount: Int
  /// How many bytes an MMS may have.
  public var mmsByteCount: UInt64

  /// The limits of a carrier; the defaults are ones that most carriers keep.
  public init(smsSegmentCount: Int = 10, mmsByteCount: UInt64 = 300 * 1024) {
    self.smsSegmentCount = smsSegmentCount
    self.mmsByteCount = mmsByteCount
  }
}

/// How a message goes through a carrier.
public enum CarrierPlan: Hashable, Sendable {
  /// As a short message of these segments, each charged for.
  case sms(SMSEncoding, segments: [String])
  /// As a multimedia message of this many bytes.
  case mms(byteCount: UInt64)
  /// Not at all: the carrier's limit is below the message's size in bytes.
  case tooLarge(byteCount: UInt64, limit: UInt64)
}

/// Messages as carriers take them.
public enum CarrierMessage {
  /// How a message goes through a carrier, who will be able to read it.
  ///
  /// MMS when there is an attachment, more than one recipient or a subject, or when the text needs too many
  /// segments. The size of an MMS is that of its text and subject in UTF-8 and of its files, headers not
  /// counted.
  /// - Parameter attachmentByteCounts: the length of each file.
  public static func plan(
    text: String, attachmentByteCounts: [UInt64] = [], recipients: [Address], subject: String? = nil,
    limits: CarrierLimits = CarrierLimits()
  ) -> CarrierPlan {
    if attachmentByteCounts.isEmpty, recipients.count <= 1, subject?.isEmpty ?? true {
      let encoding = SMSEncoding(needsFor: text)
      let segments = encoding.segments(of: text)
      if segments.count <= min(limits.smsSegmentCount, 255) { return .sms(encoding, segments: segments) }
    }
    let byteCount = byteCount(text, subject, attachmentByteCounts)
    return byteCount <= limits.mmsByteCount
      ? .mms(byteCount: byteCount) : .tooLarge(byteCount: byteCount, limit: limits.mmsByteCount)
  }

  private static func byteCount(_ text: String, _ subject: String?, _ attachments: [UInt64]) -> UInt64 {
    let texts = UInt64(text.utf8.count) + UInt64(subject?.utf8.count ?? 0)
    return attachments.reduce(texts) { $0.addingSaturated($1) }
  }

  /// The size of a message as MMS.
  static func byteCount(of message: Message) -> UInt64 {
    byteCount(message.text, message.subject, message.attachments.map(\.byteCount))
  }

  /// How `message` goes to its recipients through a carrier.
  public static func plan(for message: Message, limits: CarrierLimits = CarrierLimits()) -> CarrierPlan {
    plan(
      text: message.text, attachmentByteCounts: message.attachments.map(\.byteCount),
      recipients: message.recipients, subject: message.subject, limits: limits)
  }
}
