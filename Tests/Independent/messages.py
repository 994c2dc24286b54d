"""Archive entries (section 10) and padding."""
from primitives import refuse_unless
from structures import Reader, text

NO_CONVERSATION = bytes(16)


def padded_length(length):
    if length <= 256:
        return 256
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-length // step) * step


def fields(reader):
    found, last = {}, -1
    while not reader.is_at_end:
        number, value = reader.uint(2), reader.opaque()
        refuse_unless(number > last, "order")
        found[number], last = value, number
    return found


def sized(found, sizes, required):
    refuse_unless(set(required) <= set(found), "required")
    for number, size in sizes.items():
        refuse_unless(number not in found or len(found[number]) == size, "size")


def vectors(data):
    reader, found = Reader(data), []
    while not reader.is_at_end:
        found.append(reader.opaque())
    refuse_unless(found, "empty")
    return found


def rich_text(reader):
    content, last = reader.opaque(), (0, 0)
    text(content)
    while not reader.is_at_end:
        start, end, code, value = reader.uint(4), reader.uint(4), reader.uint(2), reader.opaque()
        refuse_unless(start < end <= len(content) and (start, end) >= last, "style")
        for place in (start, end):
            refuse_unless(place == len(content) or content[place] & 0xc0 != 0x80, "style")
        if code in (5, 6, 7):
            text(value)
        refuse_unless(code not in (1, 2, 3, 4) or not value, "style")
        last = (start, end)
    return content.decode()


def body(data):
    """The kind's name, and its text."""
    reader = Reader(data)
    kind = reader.uint(2)
    shown = ""
    if kind == 1:
        shown = rich_text(reader)
    elif kind == 2:
        reader.fixed(20)
        refuse_unless(reader.uint(1) <= 1, "change")
        reaction, value = reader.uint(2), reader.rest()
        refuse_unless(reaction != 7 or text(value) is not None)
        refuse_unless(not 1 <= reaction <= 6 or not value, "reaction")
    elif kind == 3:
        reader.fixed(16)
        shown = rich_text(reader)
    elif kind == 4:
        refuse_unless(len(reader.rest()) in (0, 16), "target")
    elif kind == 5:
        reader.fixed(4)
        refuse_unless(len(reader.rest()) in (0, 16), "target")
    elif kind == 6:
        event, value = reader.uint(2), reader.rest()
        if 1 <= event <= 7:
            text(value)
        refuse_unless(event not in (2, 6) or not value, "event")
    elif kind == 7:
        text(reader.opaque())
        reader.opaque()
        has_summary = reader.uint(1)
        refuse_unless(has_summary <= 1, "summary")
        if has_summary:
            shown = text(reader.opaque())
    else:
        reader.rest()
    reader.finish()
    names = ("text", "reaction", "edit", "retraction", "sticker", "groupEvent", "app")
    return (names[kind - 1] if 1 <= kind <= 7 else f"unknown({kind})"), shown


def attachment(data):
    found = fields(Reader(data))
    sized(found, {1: 16, 2: 32, 5: 8, 6: 32, 7: 1}, (1, 2, 4, 5, 6))
    for number in (3, 4):
        text(found.get(number, b""))
    refuse_unless(found.get(7) != b"\0", "role")
    refuse_unless(int.from_bytes(found[5], "big") <= 1 << 52, "byte count")


def absent_file(data):
    found = fields(Reader(data))
    sized(found, {3: 1}, (2, 3))
    return text(found.get(1, b"")), text(found[2])


def message(found):
    sized(found, {1: 16, 2: 16, 4: 8, 5: 8, 6: 1, 10: 16, 13: 8, 14: 8, 17: 1, 19: 4}, (1, 4, 6, 8))
    carriage = found[6][0]
    service = None
    if carriage in (1, 2, 3):
        refuse_unless(7 in found, "service")
        service = text(found[7])
    elif carriage in (0, 17, 18, 19):
        refuse_unless(7 not in found, "service")
    for number in (3, 11, 12):
        text(found.get(number, b""))
    for item in vectors(found[9]) if 9 in found else ():
        attachment(item)
    for address in vectors(found[15]) if 15 in found else ():
        text(address)
    if 16 in found:
        origin = Reader(found[16])
        for _ in range(3):
            text(origin.opaque())
        origin.finish()
    refuse_unless(found.get(17) != b"\0", "delivery")
    for item in vectors(found[18]) if 18 in found else ():
        absent_file(item)
    refuse_unless(found.get(19) != bytes(4), "unsent parts")
    kind, shown = body(found[8])
    return {
        "type": "message", "conversation": found.get(2, NO_CONVERSATION), "body": kind, "text": shown, "sender": text(found.get(3, b"")),
        "sent_at": str(int.from_bytes(found[4], "big", signed=True)),
        "is_encrypted": service is not None, "is_local": carriage == 0,
    }


CARRIAGES = {0: "local", 17: "unencrypted(sms)", 18: "unencrypted(mms)", 19: "unencrypted(rcs)"}


def version(data):
    """The fields of an entry that is a message or a revision."""
    archive_entry(data)
    reader = Reader(data)
    reader.uint(2)
    return fields(Reader(reader.opaque()))


def origin_of(found):
    if 16 not in found:
        return None
    reader = Reader(found[16])
    return [reader.opaque() for _ in range(3)]


def kind_of_file(found):
    return found.get(3), found[4], found.get(7), found[5]


def files_of(found):
    return [fields(Reader(item)) for item in vectors(found[9])] if 9 in found else []


def fits(first, other):
    """Section 10.12, rule 2."""
    if 16 not in first or not (first[6][0] == 1 or first[6][0] >= 17):
        return False
    same = all(first.get(number) == other.get(number) for number in (1, 3))
    conversations = first.get(2) == other.get(2)
    return same and conversations and origin_of(first)[:2] == origin_of(other)[:2]


def revised(entries):
    """What a message and its revisions, in the tree's order, show as. Section 10.12, rules 3 to 6."""
    first, *others = [version(data) for data in entries]
    fitting = [other for other in others if fits(first, other)]
    versions = [first] + fitting[:64]
    edited = [int.from_bytes(found[13], "big", signed=True) if 13 in found else None for found in versions]
    newest = 0
    for place, time in enumerate(edited):
        best = edited[newest]
        if best is None or (time is not None and time >= best):
            newest = place
    shown = versions[newest]
    kind, words = body(shown[8])
    kept = files_of(shown)
    for found in versions:
        there = files_of(found)
        for place, item in enumerate(there):
            alike = kind_of_file(item)
            wanted = sum(kind_of_file(other) == alike for other in there[:place + 1])
            if wanted > sum(kind_of_file(other) == alike for other in kept):
                kept.append(item)
    brought = [(text(item.get(3, b"")), text(item[4])) for item in kept[len(files_of(shown)):]]
    absent = []
    for item in map(absent_file, vectors(shown[18]) if 18 in shown else []):
        if item in brought:
            brought.remove(item)
        else:
            absent.append(item[0])
    if kind == "retraction" and len(versions) > 1:
        kept, absent = [], []
    unencrypted = [found for found in versions + fitting[64:] if found[6][0] >= 4]
    carrier = shown if shown[6][0] >= 4 or not unencrypted else unencrypted[0]
    carriage = carrier[6][0]
    if 1 <= carriage <= 3:
        protection = f"importedEndToEnd({text(carrier[7])})"
    else:
        protection = CARRIAGES.get(carriage, f"unencrypted(unknown({carriage}))")
    origin = origin_of(carrier)
    return {
        "text": words, "body": kind, "edited_at": "" if edited[newest] is None else str(edited[newest]),
        "delivery": {None: "", b"\1": "failed", b"\2": "scheduled"}[shown.get(17)], "protection": protection,
        "service": text(origin[2]) if origin else "", "files": [text(item.get(3, b"")) for item in kept],
        "absent": absent, "unsent_parts": int.from_bytes(shown.get(19, b""), "big"),
    }


def revision(found):
    """Section 10.12, rule 1."""
    shown = message(found)
    refuse_unless(16 in found, "origin")
    refuse_unless(found[6][0] == 1 or found[6][0] >= 17, "carriage")
    changed = int.from_bytes(found[8][:2], "big")
    refuse_unless(changed != 3 and (changed != 4 or len(found[8]) == 2), "a change of another message")
    return shown | {"type": "revision"}


def send_request(found):
    """Section 10.13, rule 1."""
    sized(found, {2: 32, 3: 8}, (1, 2, 3))
    inner = fields(Reader(found[1]))
    shown = message(inner)
    parts = vectors(found[4]) if 4 in found else []
    for part in parts:
        text(part)
    refuse_unless(shown["body"] == "text" and 15 in inner, "a text to somebody")
    refuse_unless(not {3, 5, 13, 14, 16, 17, 18, 19} & set(inner), "what a request has not")
    carriage = inner[6][0]
    refuse_unless(carriage in (17, 18), "carriage")
    if carriage == 17:
        refuse_unless(len(vectors(inner[15])) == 1 and not {9, 12} & set(inner), "one recipient")
        refuse_unless(1 <= len(parts) <= 255 and b"".join(parts).decode() == shown["text"], "segments")
    else:
        refuse_unless(not parts, "segments")
    return shown | {"type": "sendRequest"}


def send_report(found):
    sized(found, {1: 16, 2: 16, 3: 1, 4: 8}, (1, 2, 3, 4))
    step = found[3][0]
    shown = str(step)
    if 1 <= step <= 7:
        refuse_unless((5 in found) == (step <= 4) and len(found.get(5, bytes(16))) == 16, "claim")
        refuse_unless((6 in found) == (step == 3), "reason")
        if step == 3:
            shown += " " + text(found[6])
    return {"type": "sendReport", "conversation": found[2], "text": shown}


def sending(entries, authors):
    """What the state of the first request is. Section 10.13, rule 3."""
    for data in entries:
        archive_entry(data)
    request = version(entries[0])
    wanted = fields(Reader(request[1]))
    place = wanted.get(2, NO_CONVERSATION)
    state, reason, claim = "waiting", "", None
    for data, author in list(zip(entries, authors))[1:]:
        kind, found = int.from_bytes(data[:2], "big"), version(data)
        if kind == 4 and found[1] in (b"\1", b"\3") and found[3] == place and state == "waiting":
            named = found.get(4, b"")
            if not named or wanted[1] in [named[at:at + 16] for at in range(0, len(named), 16)]:
                state = "cancelled"
        if kind != 8 or found[1] != wanted[1] or found[2] != place:
            continue
        step = found[3][0]
        if step == 5 and state == "waiting":
            state = "cancelled"
        if author != request[2]:
            continue
        if state == "waiting" and step in (1, 6, 7):
            state = {1: "sending", 6: "expired", 7: "askerRemoved"}[step]
            claim = found.get(5)
        elif state in ("sending", "outcomeUnknown") and step in (2, 3) and found[5] == claim:
            state, reason = ("sent", "") if step == 2 else ("failed", text(found[6]))
        elif state == "sending" and step == 4 and found[5] == claim:
            state = "outcomeUnknown"
    segments = [text(part) for part in vectors(request[4])] if 4 in request else []
    return {"state": state, "reason": reason, "segments": segments, "protection": CARRIAGES[wanted[6][0]]}


def archive_entry(data):
    """What an entry with its padding says; `conversation` is the one whose stream it belongs to."""
    reader = Reader(data)
    kind, content = reader.uint(2), reader.opaque()
    refuse_unless(reader.at <= 1 << 24, "too long")
    refuse_unless(len(data) == padded_length(reader.at), "padded length")
    refuse_unless(not any(reader.rest()), "padding")
    inner = Reader(content)
    if kind == 1:
        return message(fields(inner))
    if kind == 2:
        found = fields(inner)
        sized(found, {1: 16, 5: 1}, (1,))
        for address in vectors(found[3]) if 3 in found else ():
            text(address)
        text(found.get(4, b""))
        refuse_unless(found.get(5, b"\1") == b"\1", "group")
        return {"type": "conversation", "conversation": found[1], "text": text(found.get(2, b""))}
    if kind == 3:
        found = fields(inner)
        sized(found, {2: 8}, (1,))
        return {"type": "device", "conversation": NO_CONVERSATION, "text": text(found[1])}
    if kind == 4:
        found = fields(inner)
        sized(found, {1: 1, 2: 8, 3: 16}, (1, 2, 3))
        named = found.get(4, b"")
        refuse_unless(len(named) % 16 == 0 and (4 not in found or named), "messages")
        return {"type": "deletion", "conversation": found[3], "text": str(len(named) // 16)}
    if kind == 5:
        found = fields(inner)
        sized(found, {1: 16, 3: 8, 4: 8, 5: 32, 6: 8, 7: 8, 8: 8}, range(1, 9))
        size, count = (int.from_bytes(found[number], "big") for number in (4, 6))
        return {"type": "snapshot", "conversation": NO_CONVERSATION, "text": f"{text(found[2])} {size} {count}"}
    if kind == 6:
        return revision(fields(inner))
    if kind == 7:
        return send_request(fields(inner))
    if kind == 8:
        return send_report(fields(inner))
    return {"type": f"unknown({kind})", "conversation": None}
