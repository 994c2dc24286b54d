package import LetterlockFormat

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
      let (seconds, fraction) = time.components
      return max(0, fraction > 0 && seconds < .max ? seconds + 1 : seconds)
    case .unavailable: return 5
    default: return nil
    }
  }
}
