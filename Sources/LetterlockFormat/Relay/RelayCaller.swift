/// Who makes a request, as the relay's transport has authenticated it. SPEC.md section 7 says who may do what.
///
/// Devices state who they are in each call. A relay in the same process believes them; a relay behind a network
/// verifies the statement, by a signature of the device over the request, before it passes the call on.
public struct RelayCaller: Hashable, Sendable {
  /// The device that makes the request; nil for a caller of whom nothing is known.
  public let device: DeviceID?
  /// What the device signs requests with; nil where nobody on the other side asks for that.
  package let keys: DeviceKeys?

  private init(_ device: DeviceID?, _ keys: DeviceKeys? = nil) { (self.device, self.keys) = (device, keys) }

  /// A caller of whom nothing is known.
  public static let anyone = RelayCaller(nil)

  /// A device that has proven that it holds its keys.
  public static func device(_ device: DeviceID) -> RelayCaller { RelayCaller(device) }

  /// A device that can prove to a relay behind a network who it is.
  package static func device(_ keys: DeviceKeys) -> RelayCaller { RelayCaller(keys.deviceID, keys) }

  /// Whether both are the same device, however they prove it.
  public static func == (left: RelayCaller, right: RelayCaller) -> Bool { left.device == right.device }

  /// Hashes the device.
  public func hash(into hasher: inout Hasher) { hasher.combine(device) }
}
