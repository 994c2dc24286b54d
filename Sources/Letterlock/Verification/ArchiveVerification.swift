/// Reads everything that a device and its relay store, and names each thing that is not what it should be.
/// SPEC.md section 6.4.
public struct ArchiveVerification: Sendable {
  /// Something that is not what it should be.
  public struct Finding: Hashable, Sendable {
    /// Where it is stored.
    public let place: Place
    /// What it is: `record 17`, `signed batch of record 0`, `attachment ...`.
    public let thing: String
    /// Why it fails.
    public let reason: String
  }

  /// Where something is stored.
  public enum Place: String, Hashable, Sendable {
    /// With the device.
    case device
    /// With the relay.
    case relay
  }

  /// What failed, in the order it was found.
  public private(set) var findings: [Finding] = []
  /// How many records were read, opened and hashed, on both sides.
  public internal(set) var recordCount = 0
  /// How many sealed attachments were read and hashed, on both sides.
  public internal(set) var attachmentCount = 0
  /// How many log entries and wraps were verified.
  public internal(set) var entryCount = 0
  /// How many records of the relay's are of an epoch that began since the device last synchronised: their author is
  /// verified, and they can be opened after the next synchronisation.
  public internal(set) var unopenedCount = 0
  /// How many attachments are stored that no message refers to.
  public internal(set) var unreferencedCount = 0

  /// Whether the relay has less of the account than the device has seen there: its file was put back from a backup, or it
  /// withholds the newest part.
  package internal(set) var isRelayBehind = false

  package mutating func fail(_ place: Place, _ thing: String, _ reason: String) {
    findings.append(Finding(place: place, thing: thing, reason: reason))
  }

  /// Verifies a device with its store and its relay.
  /// - Throws: `DeviceError.cancelled`, and nothing else: what fails is a finding.
  public static func run(
    _ device: Device, progress report: (@Sendable (String) -> Void)? = nil
  ) async throws(DeviceError) -> ArchiveVerification {
    let parts = device.parts
    var verifier = ArchiveVerifier(
      view: device.state.view, reading: parts.reading, notes: parts.services.notes,
      relay: parts.services.relay)
    return try await verifier.run(report)
  }

  /// Verifies a device with its store, and asks no relay.
  /// - Throws: `DeviceError.cancelled`, and nothing else: what fails is a finding.
  public static func run(
    _ device: ReadOnlyDevice, progress report: (@Sendable (String) -> Void)? = nil
  ) async throws(DeviceError) -> ArchiveVerification {
    var verifier = ArchiveVerifier(
      view: device.view, reading: device.reading, notes: device.notes,
      relay: RelayConnection(relay: nil, account: device.account))
    return try await verifier.run(report)
  }
}
