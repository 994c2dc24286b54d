#if Tool
import CryptoCore
import Foundation

/// The frame of every page: styles inside, and a policy that allows nothing from anywhere else.
enum HTMLPage {
  static func page(title: String, body: String) -> String {
    let (head, foot) = frame(title: title)
    return head + body + foot
  }

  /// What stands before the body of a page, and after it.
  static func frame(title: String) -> (head: String, foot: String) {
    (
      """
      <!doctype html><html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(policy)"><meta name="referrer" content="no-referrer">
      <title>\(title.html)</title><style>\(style)</style></head><body>
      """, "</body></html>"
    )
  }

  /// Pictures beside the page, and the styles of this page: nothing else is loaded, run or sent.
  private static let policy = """
    default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' file:; \
    style-src 'sha256-\(Data(SHA256Hash.hash(Array(style.utf8))).base64EncodedString())'
    """

  private static let style = """
    :root{color-scheme:light dark;--bg:#fff;--fg:#111;--dim:#6b7280;--line:#e5e7eb;--theirs:#e9e9eb;\
    --sealed:#0b6bcb;--open:#2f9e44;--warn:#b45309}
    @media(prefers-color-scheme:dark){:root{--bg:#111;--fg:#f3f4f6;--dim:#9ca3af;--line:#2b2b2e;\
    --theirs:#2c2c2e;--warn:#fbbf24}}
    *{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);\
    font:16px/1.4 system-ui,-apple-system,"Segoe UI",sans-serif}
    header{position:sticky;top:0;background:var(--bg);border-bottom:1px solid var(--line);padding:.6rem 1rem;\
    text-align:center;z-index:1}header a{position:absolute;left:1rem;color:var(--sealed);text-decoration:none}
    h1{font-size:1.05rem;margin:0}main{max-width:44rem;margin:0 auto;padding:1rem}
    .day,.event{text-align:center;color:var(--dim);font-size:.8rem;margin:1.2rem 0 .6rem}
    .line{display:flex;flex-direction:column;align-items:flex-start;margin:.35rem 0}.mine{align-items:flex-end}
    .bubble{position:relative;max-width:78%;padding:.45rem .8rem;border-radius:1.1rem;background:var(--theirs);\
    overflow-wrap:anywhere}.mine .bubble{color:#fff;background:var(--sealed)}.mine .open{background:var(--open)}
    .mine .local{background:#6b7280}.mine .claimed{background:#4a6785}.theirs .open{border-left:3px solid var(--open)}\
    .theirs .sealed{border-left:3px solid var(--sealed)}.theirs .claimed{border-left:3px dashed var(--sealed)}
    .foot{margin:.1rem .5rem;font-size:.7rem;color:var(--dim)}.mark{color:var(--warn);font-weight:600}
    .subject{display:block}.from{display:block;font-size:.72rem;color:var(--dim)}.quote{display:block;font-size:.8rem;opacity:.75;\
    border-left:2px solid currentColor;padding-left:.5rem;margin-bottom:.25rem}
    .reactions{position:absolute;top:-.8rem;right:-.3rem;background:var(--bg);border:1px solid var(--line);\
    border-radius:1rem;padding:0 .35rem;font-size:.8rem;color:var(--fg)}
    img{max-width:100%;max-height:22rem;border-radius:.7rem;display:block}.file{color:inherit;display:block}
    .gone{font-style:italic;opacity:.8}.list{padding:0}.row{display:flex;gap:.8rem;align-items:center;\
    padding:.7rem 1rem;border-bottom:1px solid var(--line);color:inherit;text-decoration:none}
    .face{flex:none;width:2.6rem;height:2.6rem;border-radius:50%;background:var(--theirs);display:grid;\
    place-items:center;font-weight:600}.what{flex:1;min-width:0;display:grid}.last{color:var(--dim);\
    font-size:.9rem;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.what .mark{font-size:.7rem}
    time{color:var(--dim);font-size:.8rem}
    """
}

extension StringProtocol {
  /// The text as one line, safe between tags and inside quotes.
  var html: String { String(self).shown.escaped }

  /// The text, its line breaks kept.
  var htmlLines: String {
    String(self).shown(lineBreak: "\n").escaped.replacingOccurrences(of: "\n", with: "<br>")
  }

  private var escaped: String {
    var escaped = ""
    for character in unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// The name of a file without its extension, of characters that no system reads as anything but a name.
  var safeFileStem: String {
    let stem = NSString(string: String(self)).deletingPathExtension
    let allowed = stem.unicodeScalars.map { scalar -> Character in
      let isPlain =
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        || ("0"..."9").contains(scalar) || "_-".unicodeScalars.contains(scalar)
      return isPlain ? Character(scalar) : "_"
    }
    return allowed.isEmpty ? "file" : String(allowed.prefix(60))
  }
}
#endif
