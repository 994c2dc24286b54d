/// What tests look at.
extension Device {
  /// How far this device has come.
  func progress() throws(DeviceError) -> DeviceProgress { try parts.progress.current() }

  func neededStore() throws(DeviceError) -> any DeviceStore { try parts.store.needed() }
}
