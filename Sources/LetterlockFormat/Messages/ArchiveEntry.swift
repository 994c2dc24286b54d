/// The plaintext of a record. SPEC.md section 10.1.
package enum ArchiveEntry: Hashable, Sendable {
  case message(Message)
  case conversation(ConversationProfile)
  case device(DeviceProfile)
  case deletion(Deletion)
  case snapshot(Snapshot)
  case revision(Revision)
  case sendRequest(SendRequestContent)
  case sendReport(SendReport)
  /// An entry of a newer version.
  case unknown(UnknownValue)
}
