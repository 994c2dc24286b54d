"""Opens this format's vectors: python verify.py FOLDER"""
import hashlib
import json
import pathlib
import sys

import account
import components
import erasing
import httpvectors
import joining
import messages
import projection as projections
import proofs
import records
import safety as safety_codes
import specification
import writtencode
from primitives import (Refused, XWing, argon2id, chunked_open, chunked_parts, ed25519_public, hmac_sha256,
                        mldsa_public, refuse_unless, sha256, xchacha_open)
from structures import ZERO, Bundle, Entry, Header, Reader, SignedBatch, derive, labelled_hash, vector


def unhex(value):
    return [bytes.fromhex(item) for item in value] if isinstance(value, list) else bytes.fromhex(value)


def device_keys(signing_seed):
    return (ed25519_public(derive(signing_seed, "ed25519 seed", b"", 32))
            + mldsa_public(derive(signing_seed, "ml-dsa seed", b"", 32)))


def opens(action):
    """What an action gives; None if it refuses."""
    try:
        return action()
    except Refused:
        return None


def refusal(action):
    """The reason for which an action refuses; None if it does not."""
    try:
        action()
        return None
    except Refused as reason:
        return str(reason)


def replay(log, count=None):
    """The state after a log, or its first entries, given in hexadecimal."""
    entries = [Entry(entry) for entry in unhex(log)[:count]]
    replayed = account.Log(entries[0])
    for entry in entries[1:]:
        replayed.append(entry)
    return replayed


def derivation(test, file):
    if test["operation"] == "hash":
        return labelled_hash(test["purpose"], unhex(test["body"])) == unhex(test["output"])
    output = unhex(test["output"])
    return derive(unhex(test["secret"]), test["purpose"], unhex(test["context"]), len(output)) == output


def signature(test, file):
    keys = device_keys(unhex(file["signing_seed"]))
    assert keys == unhex(file["signing_keys"])
    assert labelled_hash("device id", keys) == unhex(file["device_id"])
    return account.is_valid(
        unhex(test["signing_keys"]), unhex(test["signature"]), test["purpose"], unhex(test["account"]),
        unhex(test["body"])) == test["valid"]


def log(test, file):
    of_another = test if "log" in test else file
    replayed = replay(of_another["log"], test["after"])
    assert replayed.account == unhex(of_another["account"])
    for entry in unhex(test.get("then", [])):
        replayed.append(Entry(entry))
    if test["valid"]:
        announcement = replayed.announcement and replayed.announcement.head.hex()
        return (members(replayed) == told(test) and replayed.heads[-1] == unhex(test["head"])
                and announcement == test.get("announcement")
                and [epoch.hash for epoch in replayed.epochs] == unhex(test["epochs"]))
    return refusal(lambda: replayed.append(Entry(unhex(test["entry"])))) == test["error"]


def members(log):
    return log.active, log.recovery, sorted(log.approvers)


def told(test):
    """What a case says of the members."""
    return tuple(unhex(test[name]) for name in ("active", "recovery", "approvers"))


def projection(test, file):
    data, head = unhex(test["projection"]), unhex(test["head"])
    if not test["valid"]:
        return refusal(lambda: projections.verify(data, head)) == test["error"]
    log, inbox_key = projections.verify(data, head)
    devices = sorted(log.members)
    return (members(log) == told(test) and devices == unhex(test["devices"]) and inbox_key == unhex(test["inbox_key"])
            and [log.members[device].signing_keys for device in devices] == unhex(test["signing_keys"]))


def epoch(test, file):
    reader = Reader(unhex(test["header"]))
    header = Header(reader)
    reader.finish()
    if test["type"] == "links":
        return account.links_are_right(header, test["recover"]) == test["valid"]
    bound, epoch_secret = unhex(test["account"]), unhex(test["epoch_secret"])
    if test["type"] == "epoch":
        assert header.hash == unhex(test["hash"])
        return account.epoch_holds(header, bound, epoch_secret, unhex(test["linked_secrets"])) == test["valid"]
    xwing = XWing(unhex(test["sealing_seed"]))
    assert xwing.public == unhex(test["sealing_key"])
    opened = opens(lambda: account.open_wrap(
        unhex(test["wrap"]), header, bound, unhex(test["recipient"]), xwing))
    return opened == (epoch_secret if test["valid"] else None)


def record(test, file):
    epoch = records.Epoch(unhex(test["account"]), unhex(test["header_hash"]), unhex(test["epoch_secret"]))
    tag = epoch.stream_tag(unhex(test["conversation"]))
    assert tag == unhex(test["stream_tag"]) and epoch.key(tag) == unhex(test["key"])
    data = unhex(test["record"])
    try:
        plaintext = records.open_record(data, epoch)
    except Refused as refusal:
        if test["valid"] or str(refusal) != test["error"]:
            return False
        decrypted = opens(lambda: records.decrypt(records.parse(data), epoch))
        return decrypted == (unhex(test["entry"]) if "entry" in test else None)
    return test["valid"] and plaintext == unhex(test["entry"])


def signed_batch(test, file):
    made = opens(lambda: SignedBatch(unhex(test["signed_batch"])))
    if made is None:
        return not test["valid"]
    keys = unhex(file["signing_keys"])
    holds = (
        account.is_valid(keys, made.signature, "signed batch", unhex(test["account"]), made.signed)
        and made.device == labelled_hash("device id", keys)
        and made.leaf_count == len(test["records"])
        and made.leaf_root == tree_hash([made.leaf(item) for item in unhex(test["records"])])
        and made.erasures == labelled_hash(
            "erasures", vector(b"".join(leaf.to_bytes(8, "big") for leaf in test["erasures"]))))
    return holds == test["valid"] and made.hash == unhex(test["hash"])


def message(test, file):
    shown = opens(lambda: messages.archive_entry(unhex(test["entry"]) + bytes(test.get("zeros", 0))))
    if not test["valid"] or shown is None:
        return (shown is not None) == test["valid"]
    encrypted, local = shown.pop("is_encrypted", None), shown.pop("is_local", None)
    shown.pop("conversation")
    if encrypted is not None:
        word = test["protection"].split("(")[0]
        if word != ("importedEndToEnd" if encrypted else "local" if local else "unencrypted"):
            return False
    return all(test[name] == value for name, value in shown.items())


def revision(test, file):
    shown = messages.revised(unhex(test["versions"]))
    return all(test[name] == value for name, value in shown.items())


def sending(test, file):
    shown = messages.sending(unhex(test["entries"]), unhex(test["authors"]))
    return all(test[name] == value for name, value in shown.items())


def padding(test, file):
    return messages.padded_length(test["length"]) == test["padded"]


def attachment_digest(sealed):
    """SPEC.md section 7.1: the segments' Merkle tree."""
    if not sealed:
        return tree_hash([])
    ends = list(range(56 + 32 * 16400, len(sealed), 32 * 16400)) + [len(sealed)]
    return tree_hash([sealed[a:b] for a, b in zip([0] + ends, ends)])


def open_attachment(test):
    context = b"letterlock/1 attachment" + unhex(test["account"]) + unhex(test["blob"])
    padded = chunked_open(unhex(test["key"]), context, unhex(test["sealed"]))
    length = test["byte_count"]
    refuse_unless(len(padded) == messages.padded_length(length) and not any(padded[length:]), "padding")
    refuse_unless(attachment_digest(unhex(test["sealed"])) == unhex(test["digest"]), "digest")
    return padded[:length]


def attachment_part(test, start, end):
    """Reads a part without the rest: the header, the last chunk, then the chunks that hold it."""
    sealed, length = unhex(test["sealed"]), messages.padded_length(test["byte_count"])
    refuse_unless(len(sealed) == 56 + length + (length // 16384 + 1) * 16, "length")
    context = b"letterlock/1 attachment" + unhex(test["account"]) + unhex(test["blob"])
    open_chunk = chunked_parts(unhex(test["key"]), context, sealed)
    open_chunk(length // 16384)
    first = start // 16384
    opened = b"".join(open_chunk(number) for number in range(first, -(-end // 16384)))
    refuse_unless(not any(opened[max(0, test["byte_count"] - first * 16384):]), "padding")
    return opened[start - first * 16384:end - first * 16384]


def pairs(numbers):
    return zip(numbers[::2], numbers[1::2])


def attachment(test, file):
    for start, end in pairs(test["parts"]):
        if opens(lambda: attachment_part(test, start, end)) != bytes(i % 251 for i in range(start, end)):
            return False
    for start, end in pairs(test["refused_parts"]):
        if opens(lambda: attachment_part(test, start, end)) is not None:
            return False
    opened = opens(lambda: open_attachment(test))
    return opened == (bytes(i % 251 for i in range(test["byte_count"])) if test["valid"] else None)


def attachment_digest_of(test, file):
    content = bytes(i % 251 for i in range(251)) * (test["byte_count"] // 251 + 1)
    return attachment_digest(content[:test["byte_count"]]) == unhex(test["digest"])


def written_code(test, file):
    secret = unhex(file["recovery_key"])
    keys = device_keys(derive(secret, "recovery signing", b"", 32))
    assert labelled_hash("device id", keys) == unhex(file["recovery_device"])
    found = opens(lambda: writtencode.read(test["purpose"], test["text"]))
    return found == ((unhex(test["secret"]), test["corrected_groups"]) if test["valid"] else None)


def join(test, file):
    bundle = Bundle(unhex(test["bundle"]))
    value, _ = writtencode.read("join code", test["code"])
    half, secret = value[:16], hmac_sha256(bytes(32), value[16:])
    assert value[16:] == unhex(test["join_secret"]) and half == bundle.hash[:16]
    answer = joining.take(unhex(test["answer"]), bundle.hash, secret, half)
    return (
        bundle.hash == unhex(test["bundle_hash"])
        and account.is_valid(bundle.signing_keys, bundle.signature, "device key bundle", ZERO, bundle.signed)
        and derive(secret, "join offer", half, 32) == unhex(test["offer_mailbox"])
        and derive(secret, "join answer", half, 32) == unhex(test["answer_mailbox"])
        and derive(secret, "join consent", half, 32) == unhex(test["consent_tag"])
        and answer.mac == unhex(test["mac"]) and shown(answer.checkpoint) == test.get("checkpoint")
        and (answer.account, answer.head) == (unhex(test["account"]), unhex(test["log_head"])))


def tree_hash(leaves):
    """RFC 9162 section 2.1.1."""
    if len(leaves) <= 1:
        return sha256(b"\0" + leaves[0]) if leaves else sha256(b"")
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + tree_hash(leaves[:split]) + tree_hash(leaves[split:]))


def frontier(leaves):
    roots, start = [], 0
    for bit in range(len(leaves).bit_length() - 1, -1, -1):
        if len(leaves) >> bit & 1:
            roots.append(tree_hash(leaves[start:start + (1 << bit)]))
            start += 1 << bit
    return len(leaves).to_bytes(8, "big") + vector(b"".join(roots))


def tree(test, file):
    if test["type"] == "checkpoint":
        data, keys = unhex(test["checkpoint"]), unhex(file["checkpoint_key"])
        return account.is_valid(keys, data[-64:], "checkpoint", data[1:33], data[:-64]) == test["valid"]
    leaves = unhex(test["leaves"])
    return tree_hash(leaves) == unhex(test["root"]) and frontier(leaves) == unhex(test["tree"])


def proof(test, file):
    hashes = unhex(file["leaf_hashes"])
    action = {
        "inclusion": lambda: proofs.inclusion(test, hashes),
        "consistency": lambda: proofs.consistency(test),
        "leaves": lambda: proofs.leaves(test, hashes),
        "evidence": lambda: proofs.evidence(test),
        "partial": lambda: proofs.partial(test, unhex(file["signing_keys"]), unhex(file["account"])),
    }[test["type"]]
    return bool(opens(action)) == test["valid"]


def erasure(test, file):
    verifier = replay(file["log"])
    assert verifier.account == unhex(file["account"]) and verifier.heads[-1] == unhex(file["log_head"])
    assert verifier.checkpoint_key == unhex(file["checkpoint_key"])

    def check():
        if "erasure" in test:
            erasing.check_order(erasing.AccountErasure(unhex(test["erasure"])), verifier)
        else:
            erasing.check_completed(erasing.CompletedErasure(unhex(test["completed"])), verifier)
    return (refusal(check) is None) == test["valid"]


def safety(test, file):
    code = opens(lambda: safety_codes.SafetyCode(unhex(test["code"])))
    if not test["valid"] or code is None:
        return (code is not None) == test["valid"]
    own, peer = unhex(test["own_account"]), unhex(test["peer_account"])
    digits = "".join(safety_codes.half(half) for half in sorted([own, peer]))
    return (digits == test["digits"] and (code.own_account, code.peer_account) == (own, peer)
            and (code.own_head, code.peer_head) == (unhex(test["own_log_head"]), unhex(test["peer_log_head"]))
            and shown(code.checkpoint) == test.get("checkpoint"))


def shown(checkpoint):
    return checkpoint and (checkpoint.signed + checkpoint.signature).hex()


def key_file_copy(data):
    """The KeyVaultCopy that data begins with, and its length; None if there is none that is whole."""
    def read():
        reader = Reader(data)
        refuse_unless(reader.fixed(4) == b"LLKV" and reader.uint(1) == 1)
        copy = {"protection": reader.uint(1)}
        refuse_unless(copy["protection"] <= 1)
        if copy["protection"] == 1:
            copy["salt"], copy["memory"], copy["passes"] = reader.fixed(16), reader.uint(4), reader.uint(4)
            copy["prefix"], copy["nonce"] = data[:reader.at], reader.fixed(24)
        copy["version"], copy["secrets"], copy["state"] = reader.fixed(8), reader.opaque(), reader.opaque()
        end = reader.at
        refuse_unless(reader.fixed(32) == hashlib.sha256(data[:end]).digest())
        return copy, reader.at
    return opens(read)


def whole_key_file_copy(data):
    """The later of the whole copies of a KeyVaultFile."""
    first = key_file_copy(data)
    found = [first[0]] if first else []
    for start in range(1, len(data)):
        if data[start:start + 4] == b"LLKV":
            second = key_file_copy(data[start:])
            if second and start + second[1] == len(data):
                found.append(second[0])
                break
    refuse_unless(found, "damaged")
    return max(found, key=lambda copy: copy["version"])


def open_key_file(data, passphrase):
    copy = whole_key_file_copy(data)
    number = int.from_bytes(copy["version"], "big")
    if copy["protection"] == 0:
        refuse_unless(not passphrase, "not sealed")
        return number, copy["secrets"], copy["state"]
    refuse_unless(passphrase, "passphrase needed")
    refuse_unless(copy["memory"] <= 1 << 21 and copy["passes"] <= 16)
    key = argon2id(passphrase.encode(), copy["salt"], copy["memory"], copy["passes"])
    aad = copy["prefix"] + copy["version"] + copy["state"]
    return number, xchacha_open(key, copy["nonce"], aad, copy["secrets"]), copy["state"]


def key_file(test, file):
    opened = opens(lambda: open_key_file(unhex(test["file"]), test["passphrase"]))
    expected = (test["vault_version"], unhex(test["secrets"]), unhex(test["state"]))
    return opened == (expected if test["valid"] else None)


KINDS = {
    "derivation": derivation, "signature": signature, "account": log, "epoch": epoch, "record": record,
    "signed-batch": signed_batch, "message": message, "padding": padding, "attachment": attachment,
    "attachment-digest": attachment_digest_of,
    "written-code": written_code, "join": join, "tree": tree, "proof": proof, "safety": safety, "key-file": key_file,
    "erasure": erasure, "projection": projection, "revision": revision, "sending": sending,
} | httpvectors.KINDS


def main(folder):
    passed = failed = 0
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        file = json.loads(path.read_text())
        for test in file["cases"]:
            if KINDS[file["kind"]](test, file):
                passed += 1
            else:
                failed += 1
                print(f"FAILED {path.name}: {test['name']}")
    held, others = components.verify(pathlib.Path(folder) / "mls/safe-application.json")
    for suite in others:
        print(f"FAILED safe-application.json: suite {suite:#06x}")
    wrong = specification.verify(folder)
    for fault in wrong:
        print(f"FAILED {fault}")
    passed, failed = passed + held, failed + len(others) + len(wrong)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
