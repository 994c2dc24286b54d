internal import LetterlockFormat
internal import TLSCodec

/// Why a log entry is refused: a number and, where it has one, the device. SPEC.md section 13.7.
extension AccountLogError {
  func encodeCase(to writer: inout TLSWriter) {
    if let index = Self.plain.firstIndex(of: self) {
      return writer.write(UInt8(truncatingIfNeeded: index + Self.firstPlain))
    }
    switch self {
    case .malformed(let error):
      writer.write(UInt8(0))
      writer.write(UInt8(truncatingIfNeeded: TLSError.numbered.firstIndex(of: error) ?? 0))
    case .signerNotActive(let device): writer.write(1, device)
    case .badSignature(let device): writer.write(2, device)
    case .unusableKey(let device): writer.write(3, device)
    case .deviceKnown(let device): writer.write(4, device)
    case .deviceNotActive(let device): writer.write(5, device)
    case .notRemovable(let device): writer.write(6, device)
    default: writer.write(UInt8.max)
    }
  }

  init(caseFrom reader: inout TLSReader) throws(TLSError) {
    let number = Int(try reader.read(UInt8.self))
    switch number {
    case 0:
      let error = Int(try reader.read(UInt8.self))
      guard TLSError.numbered.indices.contains(error) else { throw .unknownValue }
      self = .malformed(TLSError.numbered[error])
    case 1: self = .signerNotActive(try DeviceID(from: &reader))
    case 2: self = .badSignature(try DeviceID(from: &reader))
    case 3: self = .unusableKey(try DeviceID(from: &reader))
    case 4: self = .deviceKnown(try DeviceID(from: &reader))
    case 5: self = .deviceNotActive(try DeviceID(from: &reader))
    case 6: self = .notRemovable(try DeviceID(from: &reader))
    default:
      guard Self.plain.indices.contains(number - Self.firstPlain) else { throw .unknownValue }
      self = Self.plain[number - Self.firstPlain]
    }
  }

  /// The number of the first of those that name no device.
  private static let firstPlain = 7
  /// Those that name no device, by number.
  private static let plain: [AccountLogError] = [
    .misplacedCreate, .wrongAccount, .wrongPredecessor, .wrongIndex, .wrongSigners, .wrongApprovers,
    .bundleNotSigned, .tooManyDevices, .wrongLeavers, .wrongRotation, .wrongEpochNumber, .wrongRecipients,
    .wrongLinks, .treeShrank, .treeChanged, .wrongVersion, .noCheckpointKey, .announcementStands,
    .noAnnouncement, .wrongCoolingOff, .tooSoon, .wrongKept,
  ]
}

extension TLSError {
  /// Every case, by number.
  fileprivate static let numbered: [TLSError] = [
    .truncated, .trailingBytes, .nonMinimalLength, .lengthTooLong, .unknownValue, .invalidValue,
    .notAscending,
  ]
}

extension TLSWriter {
  /// Writes the number of a case, and the device that it names.
  mutating func write(_ number: UInt8, _ device: DeviceID) {
    write(number)
    device.encode(to: &self)
  }

  /// Writes the number of a case, and the number that it names.
  mutating func write(_ number: UInt8, number value: UInt64) {
    write(number)
    write(value)
  }
}
