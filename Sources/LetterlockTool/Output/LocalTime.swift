#if Tool
import Foundation
import Letterlock

extension Timestamp {
  /// Day, hour and minute by this machine's clock and time zone.
  var localText: String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm"
    return formatter.string(from: Date(timeIntervalSince1970: Double(nanosecondsSince1970) / 1e9))
  }
}
#endif
