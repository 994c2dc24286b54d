#!/usr/bin/env python3
"""The module graph: which module may import which. Run alone, it prints the graph as the sources have it."""
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
    "SQLiteCore": ({"SystemCore"}, {"GRDB"}),
    "LetterlockSQLite": (FORMAT | {"Letterlock", "LetterlockRelayKit", "SQLiteCore"}, {"GRDB"}),
    "LetterlockImport": (FORMAT | {"Letterlock"}, {"GRDB"}),
    "MLS": (CORE, set()),
    "MLSX509": (CORE | {"MLS"}, {"Crypto", "X509", "SwiftASN1"}),
    "MLSSQLite": ({"MLS", "SQLiteCore"}, {"GRDB"}),
    "LetterlockVectors": (FORMAT | {"Letterlock", "MLS"}, set()),
    "LetterlockTool": (
        FORMAT | {"Letterlock", "LetterlockRelayKit", "LetterlockSQLite", "LetterlockImport", "LetterlockVectors"},
        {"ArgumentParser"}),
}
# What comes with the system and the toolchain.
SYSTEM = {"Foundation", "Dispatch", "Synchronization", "Glibc", "Darwin", "Musl", "Swift", "Observation"}
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


def problems(root):
    """A line for each import that is not allowed, and for each module that the table does not know."""
    lines = []
    for module, imports in arrows(root).items():
        if module not in ALLOWED:
            lines.append(f"Sources/{module}: the module graph does not know it")
            continue
        allowed = ALLOWED[module][0] | ALLOWED[module][1] | {module}
        lines += [f"{path}: {module} may not import {name}" for name, path in imports.items() if name not in allowed]
    return lines


if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parent.parent
    for module, imports in sorted(arrows(root).items()):
        print(f"{module} -> {', '.join(sorted(set(imports) - {module})) or '(nothing)'}")
    found = problems(root)
    print("\n".join(found) or "every arrow is allowed")
    sys.exit(bool(found))
