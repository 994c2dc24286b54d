/// Who makes a request, as the relay's transport has authenticated it. SPEC.md section 7 says who may do what.
///
/// Devices state who they are in each call. A relay in the same process believes them; a relay behind a network
/// verifies the statement, by a signature of the device over the request, before it passes the call on.
public struct RelayCaller: Hashable, Sendable {
  /// The device that makes the request; nil for a caller of whom nothing is known.
  public let device: DeviceID?

  private init(_ device: DeviceID?) { self.device = device }

  /// A caller of whom nothing is known.
  public static let anyone = RelayCaller(nil)

  /// A device that has proven that it holds its keys.
  public static func device(_ device: DeviceID) -> RelayCaller { RelayCaller(device) }
}
