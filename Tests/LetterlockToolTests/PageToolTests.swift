#if Tool
import Foundation
import Letterlock
import Testing

@Suite("A page with hostile names, types and texts")
struct PageToolTests {
  private static let script = "<script>document.title='RUN'</script>"
  private static let page = "<html><body><script>document.title='RUN'</script>RUN</body></html>"

  private struct Sent {
    var name: String
    var type: String
    var content: String
    /// The extension in the page's folder, and whether there is a link.
    var end: String
    var isLinked: Bool
  }

  private static let sent = [
    Sent(name: "photo.html", type: "image/png", content: page, end: "png", isLinked: true),
    Sent(
      name: "p.svg", type: "image/SVG+xml", content: "<svg onload=\"document.title='RUN'\"/>", end: "bin",
      isLinked: false),
    Sent(name: "q.svg", type: "image/svg+xml", content: "<svg/>", end: "bin", isLinked: false),
    Sent(name: "r.svg", type: "IMAGE/SVG+XML; charset=utf-8", content: "<svg/>", end: "bin", isLinked: false),
    Sent(name: "index.html", type: "text/html", content: page, end: "bin", isLinked: false),
    Sent(name: "x.xhtml", type: "application/xhtml+xml", content: page, end: "bin", isLinked: false),
    Sent(name: "x.js", type: "text/javascript", content: "document.title='RUN'", end: "bin", isLinked: false),
    Sent(name: "run.exe", type: "Application/PDF", content: "%PDF", end: "pdf", isLinked: true),
    Sent(name: "../../../escape.sh", type: "text/plain;charset=x", content: "x", end: "txt", isLinked: true),
    Sent(
      name: "\" onerror=\"document.title='RUN'\" .png", type: "image/gif", content: "GIF", end: "gif",
      isLinked: true),
    Sent(
      name: "<img src=x onerror=document.title='RUN'>", type: "audio/mpeg", content: "x", end: "mp3",
      isLinked: true),
    Sent(name: "", type: "", content: "x", end: "bin", isLinked: false),
    Sent(
      name: "javascript:document.title='RUN'", type: "image/jpeg\"><script>", content: "x", end: "bin",
      isLinked: false),
    Sent(name: "same.png", type: "image/png", content: "same", end: "png", isLinked: true),
    Sent(name: "same.png", type: "image/png", content: "same", end: "png", isLinked: true),
  ]

  private let folder: ToolFolder

  /// `A`, and its page.
  init() async throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let device = try folder.device("A")
    let conversation = ConversationID()
    try device.enqueue([
      .conversation(ConversationProfile(id: conversation, name: "</title>" + Self.script + "\"'&"))
    ])
    for sent in Self.sent {
      try device.append(
        .carrier(.mms, from: Address(Self.script), text: Self.script + "\n</style>" + HostileText.text),
        attaching: [
          AttachmentSource(
            name: sent.name, mediaType: sent.type, content: .bytes(Array(sent.content.utf8)))
        ], to: conversation)
    }
    try await device.sync()
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
  }

  @Test func `extensions come from the media type, and every link to a file downloads it`() throws {
    let page = try folder.text(of: "page/conversation-1.html")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("page/attachments"))
    let allowed = Set(Self.sent.map(\.end))
    for file in files {
      #expect(file.wholeMatch(of: /[0-9a-f]{32}-[A-Za-z0-9_-]+\.[a-z0-9]+/) != nil, "\(file)")
      #expect(allowed.contains(String(file.split(separator: ".").last ?? "")), "\(file)")
    }
    let links = page.matches(of: /<a [^>]*href="([^"]*)"[^>]*>/)
    let toFiles = links.filter { $0.1.hasPrefix("attachments/") }
    #expect(toFiles.count == Self.sent.count { $0.isLinked })
    for link in toFiles { #expect(link.0.contains(" download>"), "\(link.0)") }
    #expect(links.allSatisfy { $0.1.hasPrefix("attachments/") || $0.1 == "index.html" })
    for link in toFiles { #expect(files.contains(String(link.1.dropFirst(12))), "\(link.1)") }
    #expect(!toFiles.contains { $0.1.hasSuffix(".bin") })
    #expect(!page.contains("<script") && !page.contains("<img src=x") && !page.contains(" onerror=\""))
    #expect(page.contains("default-src 'none'") && page.contains("style-src 'sha256-"))
    #expect(!page.contains("unsafe-inline"))
  }

  private static let browser = [
    "/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ].first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(.enabled(if: browser != nil, "Chromium is not on this machine."))
  func `a browser runs nothing of it, and applies the styles`() throws {
    let browser = try #require(Self.browser)
    func dump(_ file: String) throws -> String {
      let outcome = try folder.shell(
        "exec \(browser) --headless --no-sandbox --disable-gpu --user-data-dir=.browser --virtual-time-budget=2000 "
          + "--dump-dom 'file://\(folder.file(file))'")
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      return outcome.output
    }
    // The browser does run scripts of pages that have some.
    try folder.write(Self.page, to: "control.html")
    #expect(try dump("control.html").contains("<title>RUN</title>"))
    for name in ["page/conversation-1.html", "page/index.html"] {
      let shown = try dump(name)
      #expect(!shown.contains("<title>RUN"), "\(name)")
      #expect(!shown.contains("<script"), "\(name)")
    }
    // A file that says it is a picture is none of the browser's pages.
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("page/attachments"))
    for file in files where [".png", ".gif", ".txt"].contains(where: file.hasSuffix) {
      #expect(try !dump("page/attachments/" + file).contains("<title>RUN"), "\(file)")
    }
    // The styles count: the policy names their hash.
    let styled = try folder.text(of: "page/index.html").replacingOccurrences(
      of: "</body>", with: "</body>")
    #expect(styled.contains("<style>"))
    let errors = try folder.shell(
      "exec \(browser) --headless --no-sandbox --disable-gpu --user-data-dir=.browser --enable-logging=stderr "
        + "--dump-dom 'file://\(folder.file("page/index.html"))' 2>&1 >/dev/null")
    #expect(!errors.output.contains("Content Security Policy"), "\(errors.output)")
  }
}
#endif
