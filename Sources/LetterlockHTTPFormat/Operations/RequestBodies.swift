package import LetterlockFormat
package import TLSCodec

/// The bodies of requests. SPEC.md section 13.5.
///
/// ```
/// struct {
///   LogEntry entry;
///   StoredWrap wraps<V>;
/// } EntryRequest;
/// ```
package struct EntryRequest: WireCodable, Hashable, Sendable {
  package let entry: LogEntry
  package let wraps: [StoredWrap]

  package init(entry: LogEntry, wraps: [StoredWrap]) { (self.entry, self.wraps) = (entry, wraps) }

  package static let wire = WireFormat(Self.init(entry:wraps:), field(\.entry), field(\.wraps))
}

/// ```
/// struct {
///   opaque signing_keys[1984];      of the device that asks, whose hash is its DeviceID
/// } RecoveryRequest;
/// ```
package struct RecoveryRequest: WireCodable, Hashable, Sendable {
  package let signingKeys: SigningKeys

  package init(signingKeys: SigningKeys) { self.signingKeys = signingKeys }

  package static let wire = WireFormat(Self.init(signingKeys:), field(\.signingKeys))
}

/// ```
/// struct {
///   SignedBatch signed_batch;
///   Record records<V>;              struct { opaque bytes<V>; } Record;
///   uint64 erasures<V>;
/// } BatchRequest;
/// ```
package struct BatchRequest: TLSCodable, Hashable, Sendable {
  package let signedBatch: SignedBatch
  package let records: [[UInt8]]
  package let erasures: [UInt64]

  package init(signedBatch: SignedBatch, records: [[UInt8]], erasures: [UInt64]) {
    (self.signedBatch, self.records, self.erasures) = (signedBatch, records, erasures)
  }

  package func encode(to writer: inout TLSWriter) {
    writer.write(signedBatch)
    writer.writeVector { for record in records { $0.write(opaque: record) } }
    writer.write(erasures)
  }

  package init(from reader: inout TLSReader) throws(TLSError) {
    signedBatch = try SignedBatch(from: &reader)
    // One more than there may be, which the relay refuses by the rule that it breaks.
    records = try reader.readVector(of: Opaque.self, maximumCount: SignedBatch.maximumLeafCount + 1).map(
      \.bytes)
    erasures = try reader.readVector(of: UInt64.self)
  }
}

/// ```
/// struct {
///   optional<SigningKeys> keys;     of the device that asks: the relay's log may have lost it
///   LogEntry entries<V>;
///   StoredBatch batches<V>;
///   Checkpoint checkpoint;
///   uint64 end;
/// } LostPartRequest;
/// ```
package struct LostPartRequest: TLSCodable, Hashable, Sendable {
  package let signingKeys: SigningKeys?
  package let part: LostPart

  package init(signingKeys: SigningKeys?, part: LostPart) {
    (self.signingKeys, self.part) = (signingKeys, part)
  }

  package func encode(to writer: inout TLSWriter) {
    writer.write(signingKeys)
    writer.write(part.entries)
    writer.write(part.batches.map(StoredBatch.init))
    writer.write(part.checkpoint)
    writer.write(part.end)
  }

  package init(from reader: inout TLSReader) throws(TLSError) {
    signingKeys = try SigningKeys?(from: &reader)
    let entries = try reader.readVector(of: LogEntry.self, maximumCount: RelayLimits.lostEntryCount)
    let batches = try reader.readVector(of: StoredBatch.self, maximumCount: RelayLimits.lostBatchCount)
    let checkpoint = try Checkpoint(from: &reader)
    part = LostPart(
      entries: entries, batches: batches.map(\.batch), checkpoint: checkpoint, end: try reader.read())
  }
}

/// ```
/// struct {
///   opaque mailbox[32];
///   opaque message<V>;
/// } PostRequest;
/// ```
package struct PostRequest: WireCodable, Hashable, Sendable {
  package let mailbox: MailboxID
  package let message: Opaque

  package init(mailbox: MailboxID, message: Opaque) { (self.mailbox, self.message) = (mailbox, message) }

  package static let wire = WireFormat(Self.init(mailbox:message:), field(\.mailbox), field(\.message))
}
