public import TLSCodec

/// ```
/// uint8 type;
/// select (type) {
///   case 1: Create;    case 2: Add;          case 3: Remove;     case 4: Rotate;
///   case 5: opaque epoch_hash[32];
///   case 6: ReplaceRecovery;
///   case 7: uint8 highest_version;
///   case 8: Recover;   case 9: AnnounceRecovery;                 case 10: CompleteRecovery;
///   case 11: opaque announcement[32];
/// };
/// ```
/// SPEC.md section 3.3.
extension AccountChange: TLSCodable {
  /// Writes the type and the body.
  public func encode(to writer: inout TLSWriter) {
    switch self {
    case .create(let body): Self.write(1, body, to: &writer)
    case .add(let body): Self.write(2, body, to: &writer)
    case .remove(let body): Self.write(3, body, to: &writer)
    case .rotate(let body): Self.write(4, body, to: &writer)
    case .epoch(let body): Self.write(5, body, to: &writer)
    case .replaceRecovery(let body): Self.write(6, body, to: &writer)
    case .update(let highestVersion): Self.write(7, highestVersion, to: &writer)
    case .recover(let body): Self.write(8, body, to: &writer)
    case .announceRecovery(let body): Self.write(9, body, to: &writer)
    case .completeRecovery(let body): Self.write(10, body, to: &writer)
    case .cancelRecovery(let announcement): Self.write(11, announcement, to: &writer)
    }
  }

  private static func write(_ type: UInt8, _ body: some TLSCodable, to writer: inout TLSWriter) {
    writer.write(type)
    body.encode(to: &writer)
  }

  /// Reads the type and the body.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case 1: self = .create(try Create(from: &reader))
    case 2: self = .add(try Add(from: &reader))
    case 3: self = .remove(try Remove(from: &reader))
    case 4: self = .rotate(try Rotate(from: &reader))
    case 5: self = .epoch(try Committed(from: &reader))
    case 6: self = .replaceRecovery(try ReplaceRecovery(from: &reader))
    case 7: self = .update(highestVersion: try reader.read(UInt8.self))
    case 8: self = .recover(try Recover(from: &reader))
    case 9: self = .announceRecovery(try AnnounceRecovery(from: &reader))
    case 10: self = .completeRecovery(try CompleteRecovery(from: &reader))
    case 11: self = .cancelRecovery(try LogHead(from: &reader))
    default: throw .unknownValue
    }
  }
}

/// ```
/// select (content.type) {
///   case 1, 3, 5, 6, 8: EpochHeader epoch;
///   case 4: DeviceKeyBundle device; EpochHeader epoch;
///   case 10: CoolingOff cooling_off; EpochHeader epoch;
///   case 2, 7, 9, 11: struct {};
/// };
/// ```
/// The parts of a LogEntry that its content holds the hashes of. SPEC.md section 3.3.
extension AccountChange {
  /// Whether every part is at hand that the change holds the hash of.
  var hasParts: Bool {
    switch self {
    case .rotate(let body): body.device.part != nil && body.epoch.part != nil
    case .completeRecovery(let body): body.coolingOff.part != nil && body.epoch.part != nil
    default: committedEpoch.map { $0.part != nil } ?? true
    }
  }

  func encodeParts(to writer: inout TLSWriter) {
    switch self {
    case .rotate(let body): body.device.encodePart(to: &writer)
    case .completeRecovery(let body): body.coolingOff.encodePart(to: &writer)
    default: break
    }
    committedEpoch?.encodePart(to: &writer)
  }

  /// Reads the parts that the change holds the hashes of.
  mutating func readParts(from reader: inout TLSReader) throws(TLSError) {
    switch self {
    case .create(var body):
      try body.epoch.readPart(from: &reader)
      self = .create(body)
    case .remove(var body):
      try body.epoch.readPart(from: &reader)
      self = .remove(body)
    case .rotate(var body):
      try body.device.readPart(from: &reader)
      try body.epoch.readPart(from: &reader)
      self = .rotate(body)
    case .epoch(var epoch):
      try epoch.readPart(from: &reader)
      self = .epoch(epoch)
    case .replaceRecovery(var body):
      try body.epoch.readPart(from: &reader)
      self = .replaceRecovery(body)
    case .recover(var body):
      try body.epoch.readPart(from: &reader)
      self = .recover(body)
    case .completeRecovery(var body):
      try body.coolingOff.readPart(from: &reader)
      try body.epoch.readPart(from: &reader)
      self = .completeRecovery(body)
    case .add, .update, .announceRecovery, .cancelRecovery: break
    }
  }
}
