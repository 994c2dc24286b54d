#if Server
internal import LetterlockFormat
internal import LetterlockHTTPFormat
internal import LetterlockRelayKit
internal import TLSCodec

/// Accounts.
extension EndpointCall {
  func answerAboutAccount() async throws(HTTPProblem) -> EndpointAnswer {
    switch admission.operation {
    case .logEntries: try await logEntries()
    case .appendLogEntry: try await appendLogEntry()
    case .hold:
      EndpointAnswer(try await ask { () throws(RelayError) in try await relay.hold(account, as: caller) })
    case .release: try await release()
    case .wrap: try await wrap()
    case .usage:
      EndpointAnswer(
        try await ask { () throws(RelayError) in try await relay.usage(of: account, as: caller) })
    case .eraseAccount: try await eraseAccount()
    default:
      EndpointAnswer(
        try await ask { () throws(RelayError) in try await relay.pendingErasure(of: account, as: caller) })
    }
  }

  private func logEntries() async throws(HTTPProblem) -> EndpointAnswer {
    let index = try query().number("from")
    return EndpointAnswer(
      try await ask { () throws(RelayError) in
        try await relay.logEntries(of: account, from: index, as: caller)
      })
  }

  private func appendLogEntry() async throws(HTTPProblem) -> EndpointAnswer {
    let new: EntryRequest = try body()
    try await ask { () throws(RelayError) in
      try await relay.appendLogEntry(new.entry, wraps: new.wraps, to: account, as: caller)
    }
    return .done
  }

  private func release() async throws(HTTPProblem) -> EndpointAnswer {
    try await ask { () throws(RelayError) in try await relay.release(account, as: caller) }
    return .done
  }

  private func wrap() async throws(HTTPProblem) -> EndpointAnswer {
    let epoch = try query().number("epoch")
    guard let device = caller.device else { throw .relay(.unknownAccount) }
    let wrap = try await ask { () throws(RelayError) in
      try await relay.wrap(of: account, epoch: epoch, for: device, as: caller)
    }
    return EndpointAnswer(wrap.map(Opaque.init))
  }

  private func eraseAccount() async throws(HTTPProblem) -> EndpointAnswer {
    let order: AccountErasure = try body()
    return EndpointAnswer(
      try await ask { () throws(RelayError) in
        try await relay.eraseAccount(order, of: account, as: caller)
      })
  }
}

/// The history and its streams.
extension EndpointCall {
  func answerAboutHistory() async throws(HTTPProblem) -> EndpointAnswer {
    switch admission.operation {
    case .append: try await append()
    case .history: try await history()
    case .newestRecords: try await newestRecords()
    default: try await newestStreams()
    }
  }

  private func append() async throws(HTTPProblem) -> EndpointAnswer {
    let new: BatchRequest = try body()
    let outcome = try await ask { () throws(RelayError) in
      try await relay.append(
        new.signedBatch, records: new.records, erasing: new.erasures, to: account, as: caller)
    }
    return EndpointAnswer(BatchAnswer(outcome))
  }

  private func history() async throws(HTTPProblem) -> EndpointAnswer {
    let query = try query()
    let (leaf, most) = (try query.number("from"), Int(clamping: try query.number("bytes")))
    let page = try await ask { () throws(RelayError) in
      try await relay.history(of: account, from: leaf, maximumByteCount: most, as: caller)
    }
    return EndpointAnswer(HistoryAnswer(page))
  }

  private func newestRecords() async throws(HTTPProblem) -> EndpointAnswer {
    let question: StreamQuery = try body()
    return EndpointAnswer(
      try await ask { () throws(RelayError) in
        try await relay.newestRecords(question, of: account, as: caller)
      })
  }

  private func newestStreams() async throws(HTTPProblem) -> EndpointAnswer {
    let query = try query()
    let (leaf, known) = (try query.number("before"), try query.number("known"))
    let limit = Int(clamping: try query.number("limit"))
    return EndpointAnswer(
      try await ask { () throws(RelayError) in
        try await relay.newestStreams(before: leaf, limit: limit, knownSize: known, of: account, as: caller)
      })
  }
}
#endif
