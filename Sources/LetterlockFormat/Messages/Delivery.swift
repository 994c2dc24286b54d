import TLSCodec

extension Message {
  /// Why a message that was written has not arrived. SPEC.md section 10.3.
  public enum Delivery: Hashable, Sendable {
    /// Its service could not send it.
    case failed
    /// It waits for a time that a person chose.
    case scheduled
    /// Another device was asked to send it through its carrier, and has come so far.
    case requested(of: DeviceID, SendState)
    /// A reason of a newer version.
    case unknown(UInt8)
  }
}

extension Message.Delivery {
  var code: UInt8 {
    switch self {
    case .failed: 1
    case .scheduled: 2
    // Computed when a message is shown. It is not read back: what stands in a message says nothing of a request.
    case .requested: 3
    case .unknown(let code): code
    }
  }

  init(code: UInt8) throws(TLSError) {
    switch code {
    case 0: throw .invalidValue
    case 1: self = .failed
    case 2: self = .scheduled
    default: self = .unknown(code)
    }
  }
}
