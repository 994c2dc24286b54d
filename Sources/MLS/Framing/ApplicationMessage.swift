internal import CryptoCore
internal import TLSCodec

// RFC 9420 section 6.3 for application data, which is what most messages are: the same bytes as `sign` and
// `seal` make, in one buffer for what is signed and one for the message. A test compares the two.
extension MessageProtection {
  /// Signs and encrypts application data: an encoded `MLSMessage` with a PrivateMessage in it, and
  /// `paddingByteCount` zero bytes after the data.
  package mutating func sealApplication(
    _ data: [UInt8], authenticating authenticatedData: [UInt8] = [], from leaf: LeafIndex,
    with signer: SignatureKeyPair, paddingByteCount: Int = 0
  ) throws(MessageProtectionError) -> [UInt8] {
    guard signer.scheme == suite.signature else { throw .sealFailed }
    let signature: [UInt8]
    do throws(CipherSuiteError) {
      signature = try signer.sign(signContent(data, authenticatedData, leaf))
    } catch { throw .sealFailed }
    let message = ApplicationMessageParts(
      self, data, authenticatedData, signature: signature, paddingByteCount: paddingByteCount)
    return try withTemporaryBytes(secretTree.labels.keyAndNonceByteCount) {
      (key) throws(MessageProtectionError) in
      let generation = try secretTree.nextKey(of: leaf, .application, into: &key)
      return try key.withReadOnly { (key) throws(MessageProtectionError) in
        try message.seal(from: leaf, key, generation, self)
      }
    }
  }

  /// `SignContent` of the label "FramedContentTBS" and a `FramedContentTBS`.
  private func signContent(_ data: [UInt8], _ authenticatedData: [UInt8], _ leaf: LeafIndex) -> [UInt8] {
    // Version, wire format, epoch, sender type, leaf and content type: 2 + 2 + 8 + 1 + 4 + 1.
    let byteCount =
      18 + groupID.encodedByteCount + authenticatedData.encodedByteCount + data.encodedByteCount
      + groupContext.count
    var writer = TLSWriter(reserving: Self.signLabel.count + 4 + byteCount)
    writer.write(fixed: Self.signLabel)
    writer.write(length: byteCount)
    ProtocolVersion.mls10.encode(to: &writer)
    MessageWireFormat.privateMessage.encode(to: &writer)
    writer.write(opaque: groupID)
    writer.write(epoch)
    Sender.member(leaf).encode(to: &writer)
    writer.write(opaque: authenticatedData)
    ContentType.application.encode(to: &writer)
    writer.write(opaque: data)
    writer.write(fixed: groupContext)
    return writer.bytes
  }

  /// `opaque label<V> = "MLS 1.0 FramedContentTBS"`.
  private static let signLabel = Array("MLS 1.0 FramedContentTBS".utf8).encoded
}

/// The parts of an encoded message, of sizes that are known before anything is encrypted.
private struct ApplicationMessageParts {
  let data: [UInt8]
  let signature: [UInt8]
  let paddingByteCount: Int
  /// `version || wire_format || group_id || epoch || content_type || authenticated_data`; from its fifth byte
  /// on it is the content's associated data, and that up to the content type the sender data's.
  let header: [UInt8]
  let senderDataAAD: Range<Int>

  init(
    _ protection: MessageProtection, _ data: [UInt8], _ authenticatedData: [UInt8], signature: [UInt8],
    paddingByteCount: Int
  ) {
    self.data = data
    self.signature = signature
    self.paddingByteCount = max(0, paddingByteCount)
    var writer = TLSWriter(
      reserving: 13 + protection.groupID.encodedByteCount + authenticatedData.encodedByteCount)
    ProtocolVersion.mls10.encode(to: &writer)
    MessageWireFormat.privateMessage.encode(to: &writer)
    writer.write(opaque: protection.groupID)
    writer.write(protection.epoch)
    ContentType.application.encode(to: &writer)
    senderDataAAD = 4..<writer.bytes.count
    writer.write(opaque: authenticatedData)
    header = writer.bytes
  }

  func seal(
    from leaf: LeafIndex, _ key: RawSpan, _ generation: UInt32, _ protection: MessageProtection
  ) throws(MessageProtectionError) -> [UInt8] {
    let tag = protection.suite.aeadTagByteCount
    let plaintextByteCount = data.encodedByteCount + signature.encodedByteCount + paddingByteCount
    let ciphertextByteCount = plaintextByteCount + tag
    let senderDataByteCount = SenderData.byteCount + tag
    let senderDataStart = header.count + 1
    let lengthStart = senderDataStart + senderDataByteCount
    let start = lengthStart + TLSWriter.lengthByteCount(ciphertextByteCount)
    do throws(AEADError) {
      return try withNewBytes(start + ciphertextByteCount) { (message) throws(AEADError) in
        message.copy(header, to: 0)
        message.store(length: senderDataByteCount, at: header.count)
        message.store(length: ciphertextByteCount, at: lengthStart)
        let reuseGuard = SecureRandom.number()
        try sealContent(key, reuseGuard, plaintextByteCount, protection, into: &message, at: start)
        try sealSenderData(
          leaf, generation, reuseGuard, protection, into: &message, at: senderDataStart..<lengthStart,
          ciphertextAt: start)
      }
    } catch { throw .sealFailed }
  }

  private func sealContent(
    _ key: RawSpan, _ reuseGuard: UInt32, _ plaintextByteCount: Int, _ protection: MessageProtection,
    into message: inout MutableRawSpan, at start: Int
  ) throws(AEADError) {
    try withTemporaryBytes(plaintextByteCount) { (plaintext) throws(AEADError) in
      var offset = plaintext.store(opaque: data, at: 0)
      offset = plaintext.store(opaque: signature, at: offset)
      plaintext.zero(offset..<plaintextByteCount)
      try plaintext.withReadOnly { (plaintext) throws(AEADError) in
        try protection.suite.withKeyAndNonce(key, reuseGuard) { (key, nonce) throws(AEADError) in
          try header.withRawSpan { (header) throws(AEADError) in
            try message.withPart(start..<message.byteCount) { (output) throws(AEADError) in
              try protection.suite.hpke.aead.seal(
                plaintext, into: &output, using: key, nonce: nonce,
                authenticating: header.extracting(4..<header.byteCount))
            }
          }
        }
      }
    }
  }

  private func sealSenderData(
    _ leaf: LeafIndex, _ generation: UInt32, _ reuseGuard: UInt32, _ protection: MessageProtection,
    into message: inout MutableRawSpan, at place: Range<Int>, ciphertextAt start: Int
  ) throws(AEADError) {
    let suite = protection.suite
    try withTemporaryBytes(SenderData.byteCount + suite.aeadKeyByteCount + suite.aeadNonceByteCount) {
      (work) throws(AEADError) in
      work.store(bigEndian: leaf.rawValue, at: 0)
      work.store(bigEndian: generation, at: 4)
      work.store(bigEndian: reuseGuard, at: 8)
      work.withPart(SenderData.byteCount..<work.byteCount) { key in
        let end = message.byteCount
        message.withReadOnly { protection.senderDataKey(sampleOf: $0.extracting(start..<end), into: &key) }
      }
      try work.withReadOnly { (work) throws(AEADError) in
        let both = work.extracting(SenderData.byteCount..<work.byteCount)
        try suite.withKeyAndNonce(both, 0) { (key, nonce) throws(AEADError) in
          try header.withRawSpan { (header) throws(AEADError) in
            try message.withPart(place) { (output) throws(AEADError) in
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

extension MutableRawSpan {
  /// Writes a vector's length. RFC 9420 section 2.1.2.
  fileprivate mutating func store(length: Int, at offset: Int) {
    switch TLSWriter.lengthByteCount(length) {
    case 1: storeBytes(of: UInt8(truncatingIfNeeded: length), toByteOffset: offset, as: UInt8.self)
    case 2: store(bigEndian: UInt16(truncatingIfNeeded: length | 0x4000), at: offset)
    default: store(bigEndian: UInt32(truncatingIfNeeded: length | 0x8000_0000), at: offset)
    }
  }

  /// Writes `opaque value<V>`, and says where it ends.
  fileprivate mutating func store(opaque bytes: [UInt8], at offset: Int) -> Int {
    let start = offset + TLSWriter.lengthByteCount(bytes.count)
    store(length: bytes.count, at: offset)
    copy(bytes, to: start)
    return start + bytes.count
  }
}
