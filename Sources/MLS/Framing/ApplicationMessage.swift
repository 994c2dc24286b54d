internal import CryptoCore
internal import TLSCodec

// RFC 9420 section 6.3 for application data, which is what most messages are: the same bytes as `sign` and
// `seal` make, from one buffer for what is signed and one for what is encrypted, on the stack if they are short. The
// message is the one allocation, but for what an AEAD makes. A test compares the two.
extension MessageProtection {
  /// Signs and encrypts application data: an encoded `MLSMessage` with a PrivateMessage in it, and
  /// `paddingByteCount` zero bytes after the data.
  package mutating func sealApplication(
    _ data: [UInt8], authenticating authenticatedData: [UInt8] = [], from leaf: LeafIndex,
    with signer: SignatureKeyPair, paddingByteCount: Int = 0
  ) throws(MessageProtectionError) -> [UInt8] {
    guard signer.scheme == suite.signature else { throw .sealFailed }
    try authenticatedDataFormat.check(authenticatedData)
    let byteCount = signContentByteCount(data.count, authenticatedData.count)
    return try withTemporaryBytes(byteCount) { (content) throws(MessageProtectionError) in
      // A closure around all of this would be allocated.
      data.withRawSpan { data in
        authenticatedData.withRawSpan { writeSignContent(data, $0, leaf, to: &content) }
      }
      return try content.withReadOnly { (content) throws(MessageProtectionError) in
        try signer.withSignature(of: content) { (signature) throws(MessageProtectionError) in
          let message = ApplicationMessageParts(
            self, data, authenticatedData, signatureByteCount: signature.byteCount,
            paddingByteCount: paddingByteCount)
          return try seal(message, signature, from: leaf)
        }
      }
    }
  }

  private mutating func seal(
    _ message: ApplicationMessageParts, _ signature: RawSpan, from leaf: LeafIndex
  ) throws(MessageProtectionError) -> [UInt8] {
    try withTemporaryBytes(secretTree.labels.keyAndNonceByteCount) { (key) throws(MessageProtectionError) in
      let generation = try secretTree.nextKey(of: leaf, .application, into: &key)
      return try key.withReadOnly { (key) throws(MessageProtectionError) in
        try message.seal(signature, from: leaf, key, generation, self)
      }
    }
  }

  /// How long a `FramedContentTBS` is. Version, wire format, epoch, sender type, leaf and content type take
  /// 2 + 2 + 8 + 1 + 4 + 1.
  private func toBeSignedByteCount(_ dataByteCount: Int, _ authenticatedByteCount: Int) -> Int {
    18 + groupID.encodedByteCount + Self.encodedByteCount(authenticatedByteCount)
      + Self.encodedByteCount(dataByteCount) + groupContext.count
  }

  /// As `opaque value<V>`.
  private static func encodedByteCount(_ byteCount: Int) -> Int {
    TLSWriter.lengthByteCount(byteCount) + byteCount
  }

  func signContentByteCount(_ dataByteCount: Int, _ authenticatedByteCount: Int) -> Int {
    let byteCount = toBeSignedByteCount(dataByteCount, authenticatedByteCount)
    return Self.signLabel.count + TLSWriter.lengthByteCount(byteCount) + byteCount
  }

  /// `SignContent` of the label "FramedContentTBS" and a `FramedContentTBS`.
  func writeSignContent(
    _ data: RawSpan, _ authenticatedData: RawSpan, _ leaf: LeafIndex, to output: inout MutableRawSpan
  ) {
    var offset = 0
    output.write(fixed: Self.signLabel, at: &offset)
    output.write(length: toBeSignedByteCount(data.byteCount, authenticatedData.byteCount), at: &offset)
    output.write(ProtocolVersion.mls10.rawValue, at: &offset)
    output.write(MessageWireFormat.privateMessage.rawValue, at: &offset)
    output.write(opaque: groupID, at: &offset)
    output.write(epoch, at: &offset)
    output.write(Sender.memberType, at: &offset)
    output.write(leaf.rawValue, at: &offset)
    output.write(opaque: authenticatedData, at: &offset)
    output.write(ContentType.application.rawValue, at: &offset)
    output.write(opaque: data, at: &offset)
    output.write(fixed: groupContext, at: &offset)
  }

  /// `opaque label<V> = "MLS 1.0 FramedContentTBS"`.
  private static let signLabel = Array("MLS 1.0 FramedContentTBS".utf8).encoded
}

/// The parts of an encoded message, of sizes that are known before anything is encrypted.
private struct ApplicationMessageParts {
  let data: [UInt8]
  let authenticatedData: [UInt8]
  let plaintextByteCount: Int
  /// Where `version || wire_format || group_id || epoch || content_type || authenticated_data` ends. From its fifth
  /// byte on it is the content's associated data, and that up to the content type the sender data's.
  let headerEnd: Int
  let senderDataAAD: Range<Int>
  let senderData: Range<Int>
  let ciphertext: Range<Int>

  init(
    _ protection: MessageProtection, _ data: [UInt8], _ authenticatedData: [UInt8], signatureByteCount: Int,
    paddingByteCount: Int
  ) {
    self.data = data
    self.authenticatedData = authenticatedData
    let tag = protection.suite.aeadTagByteCount
    plaintextByteCount =
      data.encodedByteCount + TLSWriter.lengthByteCount(signatureByteCount) + signatureByteCount
      + max(0, paddingByteCount)
    // Version and wire format, epoch and content type.
    senderDataAAD = 4..<13 + protection.groupID.encodedByteCount
    headerEnd = senderDataAAD.upperBound + authenticatedData.encodedByteCount
    senderData = headerEnd + 1..<headerEnd + 1 + SenderData.byteCount + tag
    let start = senderData.upperBound + TLSWriter.lengthByteCount(plaintextByteCount + tag)
    ciphertext = start..<start + plaintextByteCount + tag
  }

  func seal(
    _ signature: RawSpan, from leaf: LeafIndex, _ key: RawSpan, _ generation: UInt32,
    _ protection: MessageProtection
  ) throws(MessageProtectionError) -> [UInt8] {
    do throws(AEADError) {
      return try withNewBytes(ciphertext.upperBound) { (message) throws(AEADError) in
        writeHeader(protection, to: &message)
        let reuseGuard = SecureRandom.number()
        try sealContent(signature, key, reuseGuard, protection, into: &message)
        try sealSenderData(leaf, generation, reuseGuard, protection, into: &message)
      }
    } catch { throw .sealFailed }
  }

  /// All that is not encrypted, with the lengths of what is.
  private func writeHeader(_ protection: MessageProtection, to message: inout MutableRawSpan) {
    var offset = 0
    message.write(ProtocolVersion.mls10.rawValue, at: &offset)
    message.write(MessageWireFormat.privateMessage.rawValue, at: &offset)
    message.write(opaque: protection.groupID, at: &offset)
    message.write(protection.epoch, at: &offset)
    message.write(ContentType.application.rawValue, at: &offset)
    message.write(opaque: authenticatedData, at: &offset)
    message.write(length: senderData.count, at: &offset)
    offset = senderData.upperBound
    message.write(length: ciphertext.count, at: &offset)
  }

  private func sealContent(
    _ signature: RawSpan, _ key: RawSpan, _ reuseGuard: UInt32, _ protection: MessageProtection,
    into message: inout MutableRawSpan
  ) throws(AEADError) {
    try withTemporaryBytes(plaintextByteCount) { (plaintext) throws(AEADError) in
      var offset = 0
      plaintext.write(opaque: data, at: &offset)
      plaintext.write(opaque: signature, at: &offset)
      plaintext.zero(offset..<plaintextByteCount)
      try plaintext.withReadOnly { (plaintext) throws(AEADError) in
        try protection.suite.withKeyAndNonce(key, reuseGuard) { (key, nonce) throws(AEADError) in
          try message.split(at: ciphertext.lowerBound) { (header, output) throws(AEADError) in
            try protection.suite.hpke.aead.seal(
              plaintext, into: &output, using: key, nonce: nonce,
              authenticating: header.extracting(senderDataAAD.lowerBound..<headerEnd))
          }
        }
      }
    }
  }

  private func sealSenderData(
    _ leaf: LeafIndex, _ generation: UInt32, _ reuseGuard: UInt32, _ protection: MessageProtection,
    into message: inout MutableRawSpan
  ) throws(AEADError) {
    let suite = protection.suite
    try withTemporaryBytes(SenderData.byteCount + suite.aeadKeyByteCount + suite.aeadNonceByteCount) {
      (work) throws(AEADError) in
      work.store(bigEndian: leaf.rawValue, at: 0)
      work.store(bigEndian: generation, at: 4)
      work.store(bigEndian: reuseGuard, at: 8)
      work.withPart(SenderData.byteCount..<work.byteCount) { key in
        message.withReadOnly { protection.senderDataKey(sampleOf: $0.extracting(ciphertext), into: &key) }
      }
      try work.withReadOnly { (work) throws(AEADError) in
        let both = work.extracting(SenderData.byteCount..<work.byteCount)
        try suite.withKeyAndNonce(both, 0) { (key, nonce) throws(AEADError) in
          try message.split(at: senderData.lowerBound) { (header, rest) throws(AEADError) in
            try rest.withPart(0..<senderData.count) { (output) throws(AEADError) in
              try suite.hpke.aead.seal(
                work.extracting(0..<SenderData.byteCount), into: &output, using: key, nonce: nonce,
                authenticating: header.extracting(senderDataAAD))
            }
          }
        }
      }
    }
  }
}

extension [UInt8] {
  /// As `opaque value<V>`.
  fileprivate var encodedByteCount: Int { TLSWriter.lengthByteCount(count) + count }
}

// What `TLSWriter` writes, where it stays.
extension MutableRawSpan {
  fileprivate mutating func write<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ value: Integer, at offset: inout Int
  ) {
    store(bigEndian: value, at: offset)
    offset += Integer.bitWidth / 8
  }

  /// A vector's length. RFC 9420 section 2.1.2.
  fileprivate mutating func write(length: Int, at offset: inout Int) {
    switch TLSWriter.lengthByteCount(length) {
    case 1: write(UInt8(truncatingIfNeeded: length), at: &offset)
    case 2: write(UInt16(truncatingIfNeeded: length | 0x4000), at: &offset)
    default: write(UInt32(truncatingIfNeeded: length | 0x8000_0000), at: &offset)
    }
  }

  fileprivate mutating func write(fixed bytes: [UInt8], at offset: inout Int) {
    copy(bytes, to: offset)
    offset += bytes.count
  }

  fileprivate mutating func write(opaque bytes: [UInt8], at offset: inout Int) {
    bytes.withRawSpan { write(opaque: $0, at: &offset) }
  }

  fileprivate mutating func write(opaque bytes: RawSpan, at offset: inout Int) {
    write(length: bytes.byteCount, at: &offset)
    copy(bytes, to: offset)
    offset += bytes.byteCount
  }
}
