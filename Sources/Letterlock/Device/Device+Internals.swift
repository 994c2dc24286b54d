/// What tests look at.
extension Device {
  /// How far this device has come.
  func progress() throws(DeviceError) -> DeviceProgress { try parts.services.progress.current() }

  func neededStore() throws(DeviceError) -> any DeviceStore { try parts.services.store.needed() }
}
