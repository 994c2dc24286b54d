package import LetterlockFormat
package import TLSCodec

/// Why a relay over HTTP does not answer a request. SPEC.md section 13.7.
package enum HTTPProblem: Error, Hashable, Sendable {
  /// The relay refused.
  case relay(RelayError)
  /// The signature is over no challenge of this relay, or one that is too old: sign again, over the one that comes with
  /// the answer.
  case staleChallenge
  /// The request was signed for another relay.
  case otherRelay
  /// The body is not the one that `Content-Digest` names.
  case wrongDigest
  /// The request is not as SPEC.md says.
  case malformed
  /// There is no such operation.
  case unknownOperation
  /// The operation has another method.
  case wrongMethod
  /// The body is of another media type.
  case wrongMediaType
  /// The caller asks too often: try again after this time.
  case tooManyRequests(retryAfter: Duration)
  /// The relay takes no new accounts.
  case registrationClosed
  /// The relay takes new accounts with a token, which this request has not.
  case registrationTokenRefused

  /// Every problem of the binding that has no fields.
  package static let plain: [HTTPProblem] = [
    .staleChallenge, .otherRelay, .wrongDigest, .malformed, .unknownOperation, .wrongMethod, .wrongMediaType,
    .registrationClosed, .registrationTokenRefused,
  ]

  /// The status code. RFC 9110 section 15.
  package var status: Int {
    switch self {
    case .relay(let error): error.status
    case .staleChallenge: 401
    case .otherRelay: 421
    case .wrongDigest, .malformed: 400
    case .unknownOperation: 404
    case .wrongMethod: 405
    case .wrongMediaType: 415
    case .tooManyRequests: 429
    case .registrationClosed, .registrationTokenRefused: 403
    }
  }

  /// The last part of the problem's type.
  package var name: String {
    switch self {
    case .relay(let error): error.problemName
    case .staleChallenge: "stale-challenge"
    case .otherRelay: "other-relay"
    case .wrongDigest: "wrong-digest"
    case .malformed: "malformed-request"
    case .unknownOperation: "unknown-operation"
    case .wrongMethod: "wrong-method"
    case .wrongMediaType: "wrong-media-type"
    case .tooManyRequests: Self.tooManyRequestsName
    case .registrationClosed: "registration-closed"
    case .registrationTokenRefused: "registration-token-refused"
    }
  }

  /// What happened, for people.
  package var title: String {
    switch self {
    case .relay(let error): "The relay refused: \(error.reason)."
    case .staleChallenge: "The challenge is not this relay's, or too old. Sign again over the new one."
    case .otherRelay: "The request was signed for another relay."
    case .wrongDigest: "The body is not the one that Content-Digest names."
    case .malformed: "The request is not as this version of the protocol has it."
    case .unknownOperation: "There is no such operation."
    case .wrongMethod: "The operation has another method."
    case .wrongMediaType: "The body is of another media type."
    case .tooManyRequests: "Too many requests came in a short time. Try again later."
    case .registrationClosed: "The relay takes no new accounts."
    case .registrationTokenRefused:
      "The relay takes new accounts with a registration token of its operator's, and not with this one."
    }
  }

  /// When to try again, as `Retry-After` says it.
  package var retryAfterSeconds: Int64? {
    switch self {
    case .relay(let error): error.retryAfterSeconds
    case .tooManyRequests(let time): time.secondsRoundedUp
    default: nil
    }
  }

  static let tooManyRequestsName = "too-many-requests"

  /// The problem's fields in the presentation language; empty if it has none.
  package var encodedFields: [UInt8] {
    switch self {
    case .relay(let error): return error.encodedFields
    case .tooManyRequests(let time):
      var writer = TLSWriter()
      writer.write(time.wholeNanoseconds)
      return writer.bytes
    default: return []
    }
  }

  /// The problem that a type's name and its fields tell of.
  /// - Throws: `TLSError.unknownValue` if there is no such problem, and what is wrong with its fields.
  package init(name: String, encodedFields bytes: [UInt8]) throws(TLSError) {
    if let plain = Self.plain.first(where: { $0.name == name }) {
      self = plain
    } else if name == Self.tooManyRequestsName {
      var reader = TLSReader(bytes)
      self = .tooManyRequests(retryAfter: try Duration(wholeNanosecondsFrom: &reader))
      try reader.finish()
    } else {
      self = .relay(try RelayError(problemName: name, encodedFields: bytes))
    }
  }
}

extension RelayError {
  /// The status code.
  fileprivate var status: Int {
    switch self {
    case .unknownAccount, .unknownBlob: 404
    case .accountExists, .staleLogHead, .staleHistory: 409
    case .accountErased: 410
    case .tooLarge: 413
    case .entryRefused, .batchRefused, .lostPartRefused, .wrongWraps, .blobRefused, .erasureRefused: 422
    case .recoveryUnderway, .removalUnderway: 423
    case .tooManyEntries: 429
    case .corrupted, .internalError: 500
    case .unavailable: 503
    case .quotaExceeded: 507
    }
  }

  /// When to try again, as `Retry-After` says it: whole seconds, not before the time has come.
  package var retryAfterSeconds: Int64? {
    switch self {
    case .recoveryUnderway(let time), .removalUnderway(let time), .tooManyEntries(let time):
      return time.secondsRoundedUp
    case .unavailable: return 5
    default: return nil
    }
  }
}

extension Duration {
  /// Whole seconds, not before the time has come.
  fileprivate var secondsRoundedUp: Int64 {
    let (seconds, fraction) = components
    return max(0, fraction > 0 && seconds < .max ? seconds + 1 : seconds)
  }
}
