internal import CryptoCore
internal import TLSCodec

// RFC 9420 section 6.3 for application data that comes in order, which is what most messages are: the same checks as
// `open` makes, in place. What is given back is all that is allocated, but for what an AEAD makes.
extension MessageProtection {
  /// Opens an encoded `MLSMessage` with application data, if it is its sender's next one and everything about it is
  /// right. Otherwise nothing has changed, and `open` says what is wrong, or opens what is unusual.
  mutating func openNextApplication(
    _ message: [UInt8], signatureKey: (LeafIndex) -> SignaturePublicKey?
  ) -> ApplicationMessage? {
    message.withRawSpan { message in
      guard let parts = ReceivedApplicationParts(message, groupID: groupID, epoch: epoch, tag: tagByteCount),
        authenticatedDataFormat.accepts(message.extracting(parts.authenticatedData)),
        let sender = openSenderData(message, parts), let signer = signatureKey(sender.leaf)
      else { return nil }
      let keyByteCount = secretTree.labels.keyAndNonceByteCount
      let byteCount = keyByteCount + secretTree.labels.secretByteCount
      return withTemporaryBytes(byteCount) { keys in
        // The ratchet moves on only when the message is open.
        guard secretTree.peek(sender.leaf, sender.generation, into: &keys),
          let opened = keys.withReadOnly({
            openContent(message, parts, sender, $0.extracting(0..<keyByteCount), signer)
          })
        else { return nil }
        keys.withReadOnly { secretTree.advance(sender.leaf, to: $0.extracting(keyByteCount..<byteCount)) }
        return opened
      }
    }
  }

  private var tagByteCount: Int { suite.aeadTagByteCount }

  /// Whose key, and which, opens the message. RFC 9420 section 6.3.2.
  private func openSenderData(_ message: RawSpan, _ parts: ReceivedApplicationParts) -> SenderDataNumbers? {
    let keyByteCount = suite.aeadKeyByteCount + suite.aeadNonceByteCount
    return withTemporaryBytes(keyByteCount + SenderData.byteCount) { work in
      work.withPart(0..<keyByteCount) { key in
        senderDataKey(sampleOf: message.extracting(parts.ciphertext), into: &key)
      }
      do throws(AEADError) {
        try work.split(at: keyByteCount) { (both, output) throws(AEADError) in
          try suite.withKeyAndNonce(both, 0) { (key, nonce) throws(AEADError) in
            try suite.hpke.aead.open(
              message.extracting(parts.senderData), into: &output, using: key, nonce: nonce,
              authenticating: message.extracting(parts.senderDataAAD))
          }
        }
      } catch { return nil }
      return work.withReadOnly { SenderDataNumbers($0, at: keyByteCount) }
    }
  }

  /// Decrypts, checks the padding, and verifies the signature. RFC 9420 section 6.3.1.
  private func openContent(
    _ message: RawSpan, _ parts: ReceivedApplicationParts, _ sender: SenderDataNumbers, _ key: RawSpan,
    _ signer: SignaturePublicKey
  ) -> ApplicationMessage? {
    withTemporaryBytes(parts.ciphertext.count - tagByteCount) { plaintext in
      do throws(AEADError) {
        try suite.withKeyAndNonce(key, sender.reuseGuard) { (key, nonce) throws(AEADError) in
          try suite.hpke.aead.open(
            message.extracting(parts.ciphertext), into: &plaintext, using: key, nonce: nonce,
            authenticating: message.extracting(parts.contentAAD))
        }
      } catch { return nil }
      return plaintext.withReadOnly { plaintext in
        var end = 0
        guard let data = plaintext.vector(at: &end), let signature = plaintext.vector(at: &end),
          plaintext.isZero(end..<plaintext.byteCount)
        else { return nil }
        guard
          isSigned(
            plaintext.extracting(data), message.extracting(parts.authenticatedData), sender.leaf,
            plaintext.extracting(signature), by: signer)
        else { return nil }
        return ApplicationMessage(
          sender: sender.leaf, epoch: epoch, data: plaintext.array(data),
          authenticatedData: message.array(parts.authenticatedData), format: authenticatedDataFormat)
      }
    }
  }

  private func isSigned(
    _ data: RawSpan, _ authenticatedData: RawSpan, _ leaf: LeafIndex, _ signature: RawSpan,
    by signer: SignaturePublicKey
  ) -> Bool {
    withTemporaryBytes(signContentByteCount(data.byteCount, authenticatedData.byteCount)) { signed in
      writeSignContent(data, authenticatedData, leaf, to: &signed)
      return signed.withReadOnly {
        suite.signature.isValid(signature, for: $0, publicKey: signer.bytes)
      }
    }
  }
}

/// `SenderData` without an array in it.
private struct SenderDataNumbers {
  let leaf: LeafIndex
  let generation: UInt32
  let reuseGuard: UInt32

  init(_ bytes: RawSpan, at offset: Int) {
    leaf = LeafIndex(bytes.bigEndian(at: offset))
    generation = bytes.bigEndian(at: offset + 4)
    reuseGuard = bytes.bigEndian(at: offset + 8)
  }
}

/// Where the parts of an encoded `MLSMessage` stand that holds application data of a group's epoch.
private struct ReceivedApplicationParts {
  let contentAAD: Range<Int>
  let senderDataAAD: Range<Int>
  let authenticatedData: Range<Int>
  let senderData: Range<Int>
  let ciphertext: Range<Int>

  /// Nil for any other message.
  init?(_ message: RawSpan, groupID: [UInt8], epoch: UInt64, tag: Int) {
    guard message.byteCount > 4, message.bigEndian(at: 0) == ProtocolVersion.mls10.rawValue,
      message.bigEndian(at: 2) == MessageWireFormat.privateMessage.rawValue
    else { return nil }
    var end = 4
    guard let group = message.vector(at: &end), message.extracting(group).isEqual(to: groupID),
      message.byteCount - end > 9, message.bigEndian(at: end) == epoch,
      message.byte(at: end + 8) == ContentType.application.rawValue
    else { return nil }
    end += 9
    senderDataAAD = 4..<end
    guard let authenticatedData = message.vector(at: &end) else { return nil }
    contentAAD = 4..<end
    guard let senderData = message.vector(at: &end), senderData.count == SenderData.byteCount + tag,
      let ciphertext = message.vector(at: &end), ciphertext.count >= tag, end == message.byteCount
    else { return nil }
    self.authenticatedData = authenticatedData
    self.senderData = senderData
    self.ciphertext = ciphertext
  }
}

extension RawSpan {
  /// The place of a vector's bytes, whose length stands at `offset`; nil unless it is encoded as `TLSReader` demands.
  /// `offset` is behind it then. RFC 9420 section 2.1.2.
  func vector(at offset: inout Int) -> Range<Int>? {
    guard offset < byteCount else { return nil }
    let first = byte(at: offset)
    let lengthByteCount = 1 << Int(first >> 6)
    guard lengthByteCount <= 4, offset + lengthByteCount <= byteCount else { return nil }
    var length = Int(first & 0x3f)
    for place in offset + 1..<offset + lengthByteCount { length = length << 8 | Int(byte(at: place)) }
    let start = offset + lengthByteCount
    guard lengthByteCount == TLSWriter.lengthByteCount(length), length <= byteCount - start else {
      return nil
    }
    offset = start + length
    return start..<offset
  }
}
