/// Addresses as C functions want them: never nil. Of an empty buffer, one that nobody reads.
extension UnsafeRawBufferPointer {
  var byteAddress: UnsafePointer<UInt8> {
    unsafe baseAddress.map { unsafe $0.assumingMemoryBound(to: UInt8.self) }
      ?? UnsafePointer(bitPattern: 16).unsafelyUnwrapped
  }
}

extension UnsafeMutableRawBufferPointer {
  var byteAddress: UnsafeMutablePointer<UInt8> {
    unsafe baseAddress.map { unsafe $0.assumingMemoryBound(to: UInt8.self) }
      ?? UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
  }
}

extension UnsafeBufferPointer<UInt8> {
  var byteAddress: UnsafePointer<UInt8> {
    unsafe baseAddress ?? UnsafePointer(bitPattern: 16).unsafelyUnwrapped
  }
}
