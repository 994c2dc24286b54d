"""The vectors of section 13."""
import json
import re

import httpbodies
import httpfields
import httpproblems
import httprequests
from primitives import Refused, ed25519_public, mldsa_public
from structures import derive, labelled_hash


def opens(action):
    try:
        return action()
    except Refused:
        return None


def relay_of(file):
    """The relay that judges a file's requests, and has the account that one of them creates."""
    create = next(case for case in file["cases"] if case["name"] == "createAccount")
    entry = httpbodies.EntryRequest(bytes.fromhex(create["body"])).entry
    relay = httprequests.Relay(
        bytes.fromhex(file["checkpoint_seed"]), bytes.fromhex(file["checkpoint_key"]), file["now"], entry)
    assert ed25519_public(relay.seed).hex() == file["checkpoint_key"] and relay.hash.hex() == file["relay"]
    assert relay.account.hex() == file["account"]
    assert httpfields.challenge(relay.seed, relay.now).hex() == file["challenge"]
    return relay


def signer(signing_seed):
    """A device's keys, and what signs by them."""
    import household
    seed = derive(signing_seed, "ed25519 seed", b"", 32)
    keys = ed25519_public(seed) + mldsa_public(derive(signing_seed, "ml-dsa seed", b"", 32))
    return keys, lambda message: household.sign_ed25519(seed, message)


def is_signed_as_said(request, test):
    keys, sign = signer(bytes.fromhex(test["signing_seed"]))
    device = labelled_hash("device id", keys).hex()
    made = [item for item in httpfields.signatures(request) if item.parameters.get("keyid") == device]
    base = httpfields.signature_base(request, made[0].components, made[0].parameters)
    return (len(made) == 1 and base.decode() == test["signature_base"] and httpfields.is_signed(request, made[0], keys)
            and sign(base) == made[0].bytes == bytes.fromhex(test["signature"]))


def request(test, file):
    made = httprequests.request_of(test)
    try:
        operation = relay_of(file).judge(made)
    except httprequests.Problem as problem:
        return (not test["valid"] and str(problem) == test["problem"]
                and httpproblems.PROBLEMS[test["problem"]][0] == test["status"])
    if not test["valid"] or test["status"] != (204 if operation.answer == "-" else 200):
        return False
    return is_signed_as_said(made, test) if "signature" in test else "signature_base" not in test


def body(test, file):
    found = opens(lambda: httpbodies.STRUCTURES[test["structure"]](bytes.fromhex(test["encoded"])))
    if not test["valid"] or found is None:
        return (found is not None) == test["valid"]
    return [member.hex() for member in found.members] == test["members"]


def problem(test, file):
    found = httpproblems.read(test["body"])
    if not test["valid"] or found is None:
        return (found is not None) == test["valid"]
    name, data, said = found
    status, _ = httpproblems.PROBLEMS[name]
    named = [member for member in ("device", "leaf", "epoch", "checkpoint", "reason")]
    return ((name, status) == (test["problem"], test["status"]) and data.hex() == test.get("fields", "")
            and httpproblems.retry_after(name, said) == test.get("retry_after")
            and all(said.get(member) == test.get(member) for member in named)
            and json.loads(test["body"])["status"] == status)


def events(stream):
    """The identifiers and data of a stream that ends after a blank line. WHATWG HTML section 9.2.6."""
    found = []
    for block in stream.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        found.append((fields["id"], fields["data"]))
    return found


def event(test, file):
    told = re.fullmatch(r"(\d+)\.(\d+)", test.get("last_event_id", ""))
    known = list(told.groups()) if told else [None, None]
    wanted = [test["log"], test["history"]]
    expected = [index for index in range(2) if known[index] != wanted[index]]
    for index, (identifier, data) in zip(expected, events(test["text"]), strict=True):
        known[index] = wanted[index]
        if data != f"{['log', 'history'][index]} {wanted[index]}" or identifier != ".".join(
                number or "0" for number in known):
            return False
    return known == wanted


KINDS = {"http-request": request, "http-body": body, "http-problem": problem, "http-event": event}
