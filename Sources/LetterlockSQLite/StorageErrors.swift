#if SQLite
internal import Letterlock
internal import LetterlockRelayKit
internal import SQLiteCore

extension StoreError {
  init(_ error: any Error) {
    if let error = error as? StoreError {
      self = error
      return
    }
    switch StorageFailure(error) {
    case .busy: self = .unavailable(StorageFailure.busySentence)
    case .unavailable(let sentence): self = .unavailable(sentence)
    case .corrupted(let sentence): self = .corrupted(sentence)
    }
  }
}

extension RelayError {
  init(storage error: any Error) {
    if let error = error as? RelayError {
      self = error
      return
    }
    switch StorageFailure(error) {
    case .busy: self = .storeIsBusy
    case .unavailable(let sentence): self = .unavailable(sentence)
    case .corrupted(let sentence): self = .corrupted(sentence)
    }
  }
}
#endif
