"""Problems (section 13.7), by the tables as they stand in SPEC.md."""
import json
import re

from erasing import CompletedErasure
from httpbodies import RelayUsage, checkpoint
from httpfields import base64_bytes
from primitives import Refused, refuse_unless
from specification import SPECIFICATION
from structures import Reader, text

TYPE = "tag:letterlock,2026:problem/"


def section(number):
    found = re.search(rf"\n### {re.escape(number)} .*?\n(.*?)(?=\n##+ )", SPECIFICATION.read_text(), re.DOTALL)
    return found[1]


def problems():
    """The status of each problem and its fields, by name."""
    found = {}
    for names, status, fields in re.findall(r"\n\| ((?:`[a-z-]+`(?:, )?)+) \| (\d{3}) \| ?(.*?) ?\|", section("13.7")):
        for name in re.findall(r"`([a-z-]+)`", names):
            found[name] = int(status), fields
    binding = section("13.7").split("Problems of the binding itself")[1].split("Where a field")[0]
    # What stands beside the binding's own are remarks; one sentence says which of them has fields.
    exceptions = dict([re.search(r"only `([a-z-]+)` has fields, (`[^`]+`)", binding).groups()])
    return {
        name: (status, exceptions.get(name, "") if f"`{name}`" in binding else fields)
        for name, (status, fields) in found.items()
    }


def faults():
    """What each code of a fault names, by the fault's name."""
    found = {}
    for name, rows in re.findall(r"\n\| (\w+Fault) \| \|\n\|---\|---\|\n((?:\|.*\n)+)", section("13.7") + "\n"):
        found[name] = {}
        for codes, said in re.findall(r"\| ([\d ·]+) \| (.*) \|", rows):
            named = [kind for kind in ("`device`", "`leaf`", "`epoch`", "Checkpoint") if kind in said.split(":")[0]]
            for code in codes.split(" · "):
                found[name][int(code)] = [kind.strip("`") for kind in named]
    return found


PROBLEMS, FAULTS = problems(), faults()


def fault(reader, name):
    code = reader.uint(1)
    refuse_unless(code in FAULTS[name], "unknown fault")
    said = {"code": code}
    if (name, code) == ("EntryFault", 0):
        refuse_unless(reader.uint(1) <= 6, "unknown cause")
    for kind in FAULTS[name][code]:
        if kind == "device":
            said[kind] = reader.fixed(32).hex()
        elif kind == "Checkpoint":
            found = checkpoint(reader)
            said["checkpoint"] = (found.signed + found.signature).hex()
        else:
            said[kind] = str(reader.uint(8))
    return said


def fields(name, data):
    """What a problem's fields say."""
    status, kind = PROBLEMS[name]
    reader, said = Reader(data), {}
    if kind in FAULTS:
        said = fault(reader, kind)
    elif kind == "`opaque newest[32]`":
        reader.fixed(32)
    elif kind == "`uint64 tree_size`":
        reader.uint(8)
    elif kind.startswith("`uint64 retry_after`"):
        said["retry_after"] = reader.uint(8)
        refuse_unless(said["retry_after"] < 1 << 63, "a time")
    elif kind == "RelayUsage":
        RelayUsage(reader)
    elif kind == "CompletedErasure":
        CompletedErasure(reader.rest())
    elif kind.startswith("`opaque reason<V>`"):
        said["reason"] = text(reader.opaque())
    else:
        refuse_unless(not kind, f"fields that are not known here: {kind}")
    reader.finish()
    return said


def read(body):
    """The problem of a body, its fields and what they say; None for what tells nothing."""
    try:
        found = json.loads(body)
        name = found["type"].removeprefix(TYPE)
        refuse_unless(found["type"].startswith(TYPE) and name in PROBLEMS)
        data = base64_bytes(found.get("fields", ""))
        return name, data, fields(name, data)
    except (Refused, ValueError, KeyError, TypeError, AttributeError):
        return None


def retry_after(name, said):
    """What Retry-After says, in seconds; None if it is not there."""
    if "retry_after" in said:
        return -(-said["retry_after"] // 10**9)
    return 5 if name == "unavailable" else None
