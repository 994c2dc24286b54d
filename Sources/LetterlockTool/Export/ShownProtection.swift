#if Tool
import Letterlock

/// How the tool names the protections of SPEC.md section 10.4. The names are part of its interface: docs/tool.md
/// lists them.
extension Message {
  var carriageName: String {
    switch carriage {
    case .endToEnd: protectionName
    case .carrier(let carrier): carrier.description
    case .local: "local"
    case .unknown: "unknown"
    }
  }

  var protectionName: String {
    switch protection {
    case .endToEnd: "endToEnd"
    case .importedEndToEnd: "importedEndToEnd"
    case .notKnownYet: "notKnownYet"
    case .unencrypted: "unencrypted"
    case .local: "local"
    }
  }

  /// Whether others could read it on its way; nil if nobody here knows, or if it never travelled.
  var wasEncrypted: Bool? {
    switch protection {
    case .endToEnd: true
    case .unencrypted: false
    case .importedEndToEnd, .notKnownYet, .local: nil
    }
  }

  /// By whose word it was end-to-end encrypted, if nobody here opened it: the service, and what it was imported from.
  var saidBy: String? {
    let service: String
    switch protection {
    case .importedEndToEnd(let said), .notKnownYet(let said): service = said
    case .endToEnd, .unencrypted, .local: return nil
    }
    return origin.map { "\(service) (\($0.source))" } ?? service
  }

  /// Who could read it on its way, in words.
  var protectionSentence: String {
    switch protection {
    case .endToEnd: "end-to-end encrypted"
    case .importedEndToEnd:
      "imported, said to be end-to-end encrypted by \((saidBy ?? "").filter { !"[]".contains($0) })"
    case .notKnownYet: "imported, how it travelled is not known before `letterlock sync`"
    case .unencrypted(let carrier): "not encrypted: \(carrier.description.uppercased())"
    case .local: "never sent"
    }
  }

  /// The same behind a sign, for a page.
  var protectionMark: String {
    let sentence = protectionSentence.html
    return switch protection {
    case .endToEnd: "<span class=\"sure\">🔒 \(sentence)</span>"
    case .importedEndToEnd: "<span class=\"said\">\(sentence)</span>"
    case .notKnownYet: "<span class=\"mark\">\(sentence)</span>"
    case .unencrypted: "<span class=\"mark\">🔓 \(sentence)</span>"
    case .local: "<span>\(sentence)</span>"
    }
  }
}

extension Message.AbsentFile {
  /// What a person is told.
  var sentence: String { "\(name ?? mediaType): \(cause.words)" }
}

extension Message.AbsentFile.Cause {
  /// Its name, which is part of the tool's interface.
  var name: String {
    switch self {
    case .notFound: "notFound"
    case .damaged: "damaged"
    case .unknown: "unknown"
    }
  }

  fileprivate var words: String {
    switch self {
    case .notFound: "not found at import"
    case .damaged: "damaged at import"
    case .unknown: "absent"
    }
  }
}

extension Message {
  /// What a person is told of parts that were unsent; nil if none were.
  var unsentPartsSentence: String? {
    switch unsentPartCount {
    case 0: nil
    case 1: "a part was unsent"
    default: "\(unsentPartCount) parts were unsent"
    }
  }
}

extension Message.Delivery {
  /// Its name, which is part of the tool's interface.
  var name: String {
    switch self {
    case .failed: "failed"
    case .scheduled: "scheduled"
    case .requested(_, let state): state.name
    case .unknown: "unknown"
    }
  }

  /// What a person is told.
  var sentence: String {
    switch self {
    case .failed: "was not sent"
    case .scheduled: "scheduled, not sent yet"
    case .requested(let device, let state): state.sentence(of: device)
    case .unknown: "not sent"
    }
  }

  /// The device that was asked to send it.
  var sendingDevice: DeviceID? {
    guard case .requested(let device, _) = self else { return nil }
    return device
  }

  /// Why it was not sent, in the words of the app or the carrier.
  var failureReason: String? {
    guard case .requested(_, .failed(let reason)) = self else { return nil }
    return reason
  }
}

extension SendState {
  /// Its name, which is part of the tool's interface.
  var name: String {
    switch self {
    case .waiting: "waiting"
    case .sending: "sending"
    case .sent: "sent"
    case .failed: "failed"
    case .outcomeUnknown: "outcomeUnknown"
    case .cancelled: "cancelled"
    case .expired: "expired"
    case .askerRemoved: "askerRemoved"
    }
  }

  /// What a person is told.
  fileprivate func sentence(of device: DeviceID) -> String {
    let name = "device \(device.description.prefix(8))"
    return switch self {
    case .waiting: "not sent yet: waits for \(name)"
    case .sending: "being sent by \(name)"
    case .sent: "sent by \(name)"
    case .failed(let reason): "was not sent by \(name): \(reason.filter { !"[]()".contains($0) })"
    case .outcomeUnknown: "perhaps sent: \(name) stopped before it knew, and does not try again"
    case .cancelled: "was not sent: cancelled"
    case .expired: "was not sent: its time was over"
    case .askerRemoved: "was not sent: the device that asked was removed"
    }
  }
}

/// How many messages have each protection.
struct ProtectionCounts {
  private(set) var endToEnd = 0
  private(set) var imported = 0
  private(set) var unencrypted = 0
  private(set) var local = 0

  mutating func add(_ message: Message) {
    switch message.protection {
    case .endToEnd: endToEnd += 1
    case .importedEndToEnd: imported += 1
    case .unencrypted, .notKnownYet: unencrypted += 1
    case .local: local += 1
    }
  }

  /// What a list of conversations says of one; empty if there is nothing to warn of.
  var warning: String {
    let parts = [(unencrypted, "not encrypted"), (imported, "only said to be encrypted")]
    return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
#endif
