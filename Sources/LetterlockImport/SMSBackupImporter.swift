#if SQLite
public import Letterlock
public struct SMSBackupImporter: MessageImporter {
  public var sourceName: String { "sms.xml" }
  public var fractionDone: Double { 0 }
  public func profiles() throws(ImportError) -> [ConversationProfile] { [] }
  public mutating func next() throws(ImportError) -> ImportItem? { nil }
  public init(path: String) throws(ImportError) {}
}
#endif
