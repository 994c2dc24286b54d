#!/usr/bin/env python3
"""The module graph: which module may import which. Run alone, it prints the graph as the sources have it; with --write
it writes what is allowed into docs/architecture.md."""
import pathlib
import re
import sys

CORE = {"CryptoCore", "SystemCore", "TLSCodec"}
FORMAT = CORE | {"LetterlockFormat"}
# A module, what of this package it may import, and what of others.
ALLOWED = {
    "CSodium": (set(), set()),
    "CryptoCore": ({"CSodium"}, {"Crypto"}),
    "SystemCore": (set(), set()),
    "TLSCodec": (set(), set()),
    "LetterlockFormat": (CORE, set()),
    "LetterlockRelayKit": (FORMAT, set()),
    "Letterlock": (FORMAT, set()),
    "LetterlockTestKit": (FORMAT | {"Letterlock", "LetterlockRelayKit"}, set()),
    "SQLiteCore": ({"SystemCore"}, {"GRDB", "GRDBSQLite"}),
    "LetterlockSQLite": (FORMAT | {"Letterlock", "LetterlockRelayKit", "SQLiteCore"}, {"GRDB"}),
    "LetterlockHTTPFormat": (FORMAT, set()),
    "LetterlockHTTP": (FORMAT | {"LetterlockHTTPFormat"}, {"AsyncHTTPClient", "NIOCore", "NIOSSL"}),
    "LetterlockServer": (
        FORMAT | {"LetterlockHTTPFormat", "LetterlockRelayKit"},
        {"Hummingbird", "HummingbirdCore", "HummingbirdHTTP2", "HTTPTypes", "CoreMetrics", "Logging", "NIOCore", "NIOHTTP1",
          "NIOHTTPTypes", "NIOPosix",
         "NIOSSL", "ServiceLifecycle"}),
    "LetterlockRelayTool": (
        FORMAT | {"LetterlockServer", "LetterlockRelayKit", "LetterlockSQLite"},
        {"ArgumentParser", "Configuration", "Logging", "ServiceLifecycle", "UnixSignals", "Yams"}),
    "LetterlockImport": (FORMAT | {"Letterlock", "SQLiteCore"}, {"GRDB"}),
    "MLS": (CORE, set()),
    "MLSX509": (CORE | {"MLS"}, {"Crypto", "X509", "SwiftASN1"}),
    "MLSSQLite": ({"MLS", "SQLiteCore"}, {"GRDB"}),
    "LetterlockVectors": (FORMAT | {"Letterlock", "LetterlockHTTPFormat", "MLS"}, set()),
    "LetterlockTool": (
        FORMAT | {"Letterlock", "LetterlockRelayKit", "LetterlockSQLite", "LetterlockHTTP", "LetterlockImport",
                  "LetterlockVectors"},
        {"ArgumentParser"}),
}
# What comes with the system and the toolchain.
SYSTEM = {"Foundation", "Dispatch", "Synchronization", "Glibc", "Darwin", "Musl", "Swift", "Observation"}
# Where people read it.
PAGE = pathlib.Path("docs/architecture.md")
MARK = "<!-- Written by Scripts/modulegraph.py --write -->"
IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
                    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.M)


def arrows(root):
    """Each module under Sources, and what its files import, by file."""
    found = {}
    for path in sorted((root / "Sources").rglob("*.swift")):
        module = path.relative_to(root / "Sources").parts[0]
        for name in IMPORT.findall(path.read_text()):
            if name not in SYSTEM:
                found.setdefault(module, {}).setdefault(name, path.relative_to(root))
    return found


def drawn(root):
    """A line for each module of Sources: what it may import."""
    lines = []
    for module, (own, others) in ALLOWED.items():
        if (root / "Sources" / module).exists():
            arrows = sorted(own - CORE) if CORE <= own else sorted(own)
            arrows += (["core"] if CORE <= own else []) + sorted(f"[{name}]" for name in others)
            lines.append(f"{module:<18} -> {', '.join(arrows) or '(nothing)'}")
    return "\n".join(lines)


def page(root):
    """The page as it should be."""
    text = (root / PAGE).read_text()
    start = text.index("```\n", text.index(MARK)) + 4
    return text[:start] + drawn(root) + "\n" + text[text.index("```", start):].lstrip("\n")


def problems(root):
    """A line for each import that is not allowed, and for each module that the table does not know."""
    lines = []
    for module, imports in arrows(root).items():
        if module not in ALLOWED:
            lines.append(f"Sources/{module}: the module graph does not know it")
            continue
        allowed = ALLOWED[module][0] | ALLOWED[module][1] | {module}
        lines += [f"{path}: {module} may not import {name}" for name, path in imports.items() if name not in allowed]
    if page(root) != (root / PAGE).read_text():
        lines.append(f"{PAGE} does not list the modules as they are: run Scripts/modulegraph.py --write")
    return lines


if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parent.parent
    if "--write" in sys.argv:
        (root / PAGE).write_text(page(root))
    for module, imports in sorted(arrows(root).items()):
        print(f"{module} -> {', '.join(sorted(set(imports) - {module})) or '(nothing)'}")
    found = problems(root)
    print("\n".join(found) or "every arrow is allowed")
    sys.exit(bool(found))
