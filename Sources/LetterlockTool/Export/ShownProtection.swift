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

extension Message.Delivery {
  /// Its name, which is part of the tool's interface.
  var name: String {
    switch self {
    case .failed: "failed"
    case .scheduled: "scheduled"
    case .unknown: "unknown"
    }
  }

  /// What a person is told.
  var sentence: String {
    switch self {
    case .failed: "was not sent"
    case .scheduled: "scheduled, not sent yet"
    case .unknown: "not sent"
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
