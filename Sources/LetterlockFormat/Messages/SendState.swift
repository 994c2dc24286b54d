/// How far a request to send a message through another device's carrier has come. SPEC.md section 10.13.
public enum SendState: Hashable, Sendable {
  /// The device that is to send it has not begun.
  case waiting
  /// The device has claimed it, and hands it over to its carrier.
  case sending
  /// The carrier took it.
  case sent
  /// It was not sent, for this reason of the app or the carrier.
  case failed(String)
  /// The device stopped, or was removed from the account, after it had claimed the message and before it said more:
  /// perhaps it was sent. Nothing sends it again.
  case outcomeUnknown
  /// It was not sent: a person cancelled it, deleted the message, or removed the device that was to send it, before that
  /// device claimed it.
  case cancelled
  /// It was not sent: its time was over.
  case expired
  /// It was not sent: the device that asked for it had been removed from the account.
  case askerRemoved
}

/// One request's way through the history. SPEC.md section 10.13.
package struct SendProgress: Hashable, Sendable {
  /// The one device that may send.
  package let device: DeviceID
  /// The device that asked.
  package let asker: DeviceID
  /// When it is too late to send.
  package let expiresAt: Timestamp
  /// How far it has come.
  package private(set) var state: SendState = .waiting
  /// The claim that counts; nil before one does.
  package private(set) var claim: Bytes16?

  /// A request that waits.
  package init(_ content: SendRequestContent, by asker: DeviceID) {
    (device, self.asker, expiresAt) = (content.device, asker, content.expiresAt)
  }

  /// Takes what a device reported, in the tree's order. What does not follow from the state counts for nothing.
  package mutating func take(_ step: SendReport.Step, by author: DeviceID) {
    if case .cancelled = step { return cancel() }
    guard author == device else { return }
    switch step {
    case .claimed(let made):
      guard state == .waiting else { return }
      (state, claim) = (.sending, made)
    case .sent(let named): finish(named, as: .sent)
    case .failed(let named, let reason): finish(named, as: .failed(reason))
    case .outcomeUnknown(let named):
      if state == .sending, named == claim { state = .outcomeUnknown }
    case .expired: if state == .waiting { state = .expired }
    case .askerRemoved: if state == .waiting { state = .askerRemoved }
    case .cancelled, .unknown: break
    }
  }

  /// Takes a cancellation, or a deletion of the message: too late once the request was claimed.
  package mutating func cancel() {
    if state == .waiting { state = .cancelled }
  }

  /// Takes that the device is not part of the account any more: it claims and reports nothing from here on.
  package mutating func takeRemoval() {
    switch state {
    case .waiting: state = .cancelled
    case .sending: state = .outcomeUnknown
    case .sent, .failed, .outcomeUnknown, .cancelled, .expired, .askerRemoved: break
    }
  }

  private mutating func finish(_ named: Bytes16, as outcome: SendState) {
    guard named == claim, state == .sending || state == .outcomeUnknown else { return }
    state = outcome
  }

  /// What the message shows of it; nil once it was sent.
  package var delivery: Message.Delivery? { state == .sent ? nil : .requested(of: device, state) }
}
