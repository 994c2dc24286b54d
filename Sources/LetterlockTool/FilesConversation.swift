#if Tool
import Letterlock

/// The conversation of the files that a person adds as notes.
///
/// It is known by its number, which is the same on all devices, and which no source that is imported can give to a
/// conversation of others. Anybody can call themselves by its title.
enum FilesConversation {
  private static let id = ConversationID.imported(source: "letterlock", identifier: "files")
  private static let title = "Files"

  /// The one that is here, or a new one.
  static func find(in index: TimelineIndex, of device: Device) throws(DeviceError) -> ConversationID {
    guard index.profiles[id] == nil else { return id }
    if let earlier = try earlier(in: index, of: device) { return earlier }
    try device.enqueue([.conversation(ConversationProfile(id: id, name: title))])
    return id
  }

  /// The one that an earlier version began, under a number of chance: nobody takes part in it, and all that it holds are
  /// notes. Nil if there is none, or more than one.
  private static func earlier(
    in index: TimelineIndex, of device: Device
  ) throws(DeviceError) -> ConversationID? {
    var found: [ConversationID] = []
    for (id, profile) in index.profiles where profile.name == title && profile.participants.isEmpty {
      let messages = try device.messages(index.references(in: id), of: index)
      guard !messages.isEmpty else { continue }
      if messages.allSatisfy({ $0.sender == .me && $0.protection == .local }) { found.append(id) }
    }
    return found.count == 1 ? found[0] : nil
  }
}
#endif
