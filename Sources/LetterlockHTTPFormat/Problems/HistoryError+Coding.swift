internal import LetterlockFormat
internal import TLSCodec

/// Why a signed batch is refused: a number, and what the case names. SPEC.md section 13.7.
extension HistoryError {
  func encodeCase(to writer: inout TLSWriter) {
    switch self {
    case .unknownAuthor(let device): writer.write(0, device)
    case .badSignature(let device): writer.write(1, device)
    case .unknownLogHead(let device): writer.write(2, device)
    case .authorNotActive(let device): writer.write(3, device)
    case .staleLogHead(let device): writer.write(4, device)
    case .deviceCloned(let device): writer.write(5, device)
    case .brokenChain(let device): writer.write(6, device)
    case .badKnownCheckpoint(let device): writer.write(7, device)
    case .knownCheckpointTooOld(let device): writer.write(8, device)
    case .badErasure(let device): writer.write(9, device)
    case .otherHistory(let device, let checkpoint):
      writer.write(10, device)
      checkpoint.encode(to: &writer)
    case .tampered(let leaf): writer.write(11, number: leaf)
    case .otherLeaves(let leaf): writer.write(12, number: leaf)
    case .wrongEpoch(let leaf): writer.write(13, number: leaf)
    case .notInHistory(let leaf): writer.write(14, number: leaf)
    case .notAskedFor(let leaf): writer.write(15, number: leaf)
    case .epochOfOtherHistory(let epoch): writer.write(16, number: epoch)
    case .wrongRecordCount: writer.write(UInt8(17))
    case .timeWentBack: writer.write(UInt8(18))
    }
  }

  init(caseFrom reader: inout TLSReader) throws(TLSError) {
    let number = try reader.read(UInt8.self)
    switch number {
    case 0...10: self = try Self.error(number, by: try DeviceID(from: &reader), &reader)
    case 11: self = .tampered(leaf: try reader.read())
    case 12: self = .otherLeaves(leaf: try reader.read())
    case 13: self = .wrongEpoch(leaf: try reader.read())
    case 14: self = .notInHistory(leaf: try reader.read())
    case 15: self = .notAskedFor(leaf: try reader.read())
    case 16: self = .epochOfOtherHistory(epoch: try reader.read())
    case 17: self = .wrongRecordCount
    case 18: self = .timeWentBack
    default: throw .unknownValue
    }
  }

  private static func error(
    _ number: UInt8, by device: DeviceID, _ reader: inout TLSReader
  ) throws(TLSError) -> HistoryError {
    switch number {
    case 0: .unknownAuthor(device)
    case 1: .badSignature(device)
    case 2: .unknownLogHead(device)
    case 3: .authorNotActive(device)
    case 4: .staleLogHead(device)
    case 5: .deviceCloned(device)
    case 6: .brokenChain(device)
    case 7: .badKnownCheckpoint(device)
    case 8: .knownCheckpointTooOld(device)
    case 9: .badErasure(device)
    default: .otherHistory(device, try Checkpoint(from: &reader))
    }
  }
}

/// Why an order to erase is refused: a number, and the device that the case names. SPEC.md section 13.7.
extension ErasureRefusal {
  func encodeCase(to writer: inout TLSWriter) {
    switch self {
    case .badCheckpoint: writer.write(UInt8(0))
    case .otherState: writer.write(UInt8(1))
    case .signerNotActive(let device): writer.write(2, device)
    case .badSignature(let device): writer.write(3, device)
    case .badFinal: writer.write(UInt8(4))
    case .tooSoon: writer.write(UInt8(5))
    }
  }

  init(caseFrom reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case 0: self = .badCheckpoint
    case 1: self = .otherState
    case 2: self = .signerNotActive(try DeviceID(from: &reader))
    case 3: self = .badSignature(try DeviceID(from: &reader))
    case 4: self = .badFinal
    case 5: self = .tooSoon
    default: throw .unknownValue
    }
  }
}
