"""What SPEC.md says about the vectors: the names that it refers to, and the tables of appendix A."""
import json
import pathlib
import re

SPECIFICATION = pathlib.Path(__file__).resolve().parents[2] / "SPEC.md"
COMMON = {"format", "kind", "about", "cases"}, {"name", "valid"}


def references(text):
    """The names of cases that the text refers to, by kind."""
    text, found = " ".join(text.split()), {}
    for reference in re.findall(r"\(vectors: (.*?\")\)", text):
        for part in reference.split("; "):
            found.setdefault(part.split(" ", 1)[0], set()).update(re.findall(r'"(.*?)"', part))
    for row in re.findall(r"\| [^|]* \|(?: (\"[^|]*\"))? \| (\"[^|]*\") \|", text):
        found["record"].update(re.findall(r'"(.*?)"', " ".join(row)))
    return found


def tables(text):
    """The fields of each file and of its cases, by kind."""
    found = {}
    for kind, section in re.findall(r"\n### A\.\d+ ([a-z-]+)\.json\n(.*?)(?=\n### |\Z)", text, re.DOTALL):
        fields = {"file": set(COMMON[0]), "case": set(COMMON[1])}
        for names, places in re.findall(r"\n\| (`[^|]*`) \| ((?:file|case)(?:, case)?) \|", section):
            for place in places.split(", "):
                fields[place] |= set(re.findall(r"`([a-z_]+)`", names))
        found[kind] = fields["file"], fields["case"]
    return found


def faults(files):
    """What SPEC.md says about these files, by kind, and is not so."""
    text = SPECIFICATION.read_text()
    names = {kind: [case["name"] for case in file["cases"]] for kind, file in files.items()}
    for kind, referred in references(text).items():
        for name in sorted(referred - set(names.get(kind, ()))):
            yield f"SPEC.md names a vector that is not there: {kind} {name!r}"
    said = tables(text)
    for kind, file in files.items():
        if len(set(names[kind])) < len(names[kind]):
            yield f"{kind}.json has two cases of one name"
        there = set(file), {field for case in file["cases"] for field in case} | {"valid"}
        for place, fields, expected in zip(("file", "case"), there, said.get(kind, (set(), set()))):
            if fields != expected:
                yield f"appendix A and {kind}.json differ, {place}: {sorted(fields ^ expected)}"


def verify(folder):
    files = {path.stem: json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.json")}
    return list(faults(files))
