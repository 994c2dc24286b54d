"""How a relay judges a request before it carries it out: sections 13.1 to 13.4, by the table as it stands in SPEC.md."""
import re

import account
import httpbodies
import httpfields
from httpproblems import section
from primitives import Refused
from structures import ZERO, labelled_hash

ANYONE = {"checkpointKey", "createAccount", "post", "messages(in:)"}
BRINGS_KEYS = {"account(recoveredBy:)", "takeBack"}
LIMITS = {
    "createAccount": 2**20 + 65 * 4200, "appendLogEntry": 2**20 + 65 * 4200, "append": 2**28 + 2**16,
    "takeBack": 2**28 + 3 * 2**26, "post": 65600, "newestRecords": 2**15, "removeBlobs": 2**15, "writeBlob": 2**18}


class Problem(Exception):
    pass


class Operation:
    def __init__(self, name, method, target, more, body, answer):
        self.name, self.method, self.body, self.answer = name, method, body.strip(), answer.strip()
        path, _, query = target.partition("?")
        self.pattern = re.compile(re.escape(path).replace(r"\{blob\}", "([0-9a-f]{32})"))
        self.path, self.names, self.optional = path, set(re.findall(r"(\w+)=", query)), set(re.findall(r"(\w+)=", more))

    @property
    def media_type(self):
        if self.body == "-":
            return None
        return "application/octet-stream" if self.name == "writeBlob" else "application/vnd.letterlock.relay"

    @property
    def limit(self):
        return LIMITS.get(self.name, 2**13 if self.media_type else 0)


def operations():
    row = re.compile(r"\n\| `([^`]+)` \| `([A-Z]+) ([^`]+)`(, or `\?\w+=`)? \| ([^|]+)\| ([^|]+)\|")
    found = [Operation(*match) for match in row.findall(section("13.2"))]
    return found + [Operation("events", "GET", "/v1/events", "", "-", "a stream")]


OPERATIONS = operations()


def problem_if(condition, name):
    if condition:
        raise Problem(name)


def sequence(request, name):
    value = httpfields.field(request, name)
    try:
        problem_if(value is None, "malformed-request")
        return httpfields.byte_sequence(value)
    except Refused:
        raise Problem("malformed-request") from None


class Caller:
    """What a signed request says of its caller: section 13.3, rules 1 and 3."""

    def __init__(self, request, signature):
        names, more = [name for name, _ in signature.components], [extra for _, extra in signature.components]
        key = signature.parameters.get("keyid")
        problem_if(sorted(map(str, names)) != sorted(httpfields.COMPONENTS) or any(more), "malformed-request")
        problem_if(signature.parameters.get("alg") != "ed25519", "malformed-request")
        problem_if(not isinstance(key, str) or not re.fullmatch("[0-9a-f]{64}", key), "malformed-request")
        self.device, self.signature = bytes.fromhex(key), signature
        self.relay, self.account, self.challenge = (
            sequence(request, f"letterlock-{name}") for name in ("relay", "account", "challenge"))
        problem_if(len(self.account) != 32, "malformed-request")

    def is_proven(self, request, keys):
        return bool(keys) and labelled_hash("device id", keys) == self.device and httpfields.is_signed(
            request, self.signature, keys)


def caller_of(request):
    try:
        found = [item for item in httpfields.signatures(request) if item.parameters.get("tag") == httpfields.TAG]
    except Refused:
        raise Problem("malformed-request") from None
    problem_if(len(found) > 1, "malformed-request")
    return Caller(request, found[0]) if found else None


class Relay:
    """A relay that has one account, as its first entry says."""

    def __init__(self, checkpoint_seed, checkpoint_key, now, entry):
        self.seed, self.now, self.hash = checkpoint_seed, now, httpfields.relay_hash(checkpoint_key)
        log = account.Log(entry)
        self.account = log.account
        self.keys = {device: bundle.signing_keys for device, bundle in log.members.items()}

    def judge(self, request):
        """The operation that the request asks for."""
        here = [item for item in OPERATIONS if item.pattern.fullmatch(request.path)]
        problem_if(not here, "unknown-operation")
        operation = next((item for item in here if item.method == request.method), None)
        problem_if(operation is None, "wrong-method")
        media_type = operation.media_type
        problem_if(media_type and httpfields.field(request, "content-type") != media_type, "wrong-media-type")
        caller = None if operation.name in ANYONE else self.judge_caller(request, operation)
        problem_if(len(request.body) > operation.limit, "too-large")
        self.judge_digest(request)
        self.judge_query(request, operation)
        self.judge_body(request, operation, caller)
        return operation

    def judge_caller(self, request, operation):
        caller = caller_of(request)
        if caller:
            problem_if(caller.relay != self.hash, "other-relay")
            problem_if(not httpfields.challenge_holds(caller.challenge, self.seed, self.now), "stale-challenge")
        if operation.name not in BRINGS_KEYS:
            known = caller and caller.account == self.account and self.keys.get(caller.device)
            problem_if(not known or not caller.is_proven(request, known), "unknown-account")
        return caller

    def judge_digest(self, request):
        value = httpfields.field(request, "content-digest")
        try:
            holds = not request.body if value is None else httpfields.names_body(value, request.body)
        except Refused:
            holds = False
        problem_if(not holds, "wrong-digest")

    def judge_query(self, request, operation):
        found = [part.partition("=") for part in request.query.split("&")] if request.query else []
        names = [name for name, _, _ in found]
        problem_if(len(set(names)) < len(names) or any(not sign for _, sign, _ in found), "malformed-request")
        allowed = operation.names | operation.optional
        problem_if(not operation.names <= set(names) <= allowed, "malformed-request")
        for name, _, value in found:
            if name == "after":
                problem_if(not re.fullmatch("[0-9a-f]{32}", value), "malformed-request")
            else:
                is_number = re.fullmatch("0|[1-9][0-9]*", value) and int(value) < 1 << 64
                problem_if(not is_number, "malformed-request")

    def judge_body(self, request, operation, caller):
        if operation.body == "-" or operation.name == "writeBlob":
            return
        try:
            body = httpbodies.STRUCTURES[operation.body.strip("`")](request.body)
        except Refused:
            raise Problem("malformed-request") from None
        if operation.name == "beginBlob":
            problem_if(operation.pattern.fullmatch(request.path)[1] != body.blob.hex(), "malformed-request")
        # Whoever is not proven to be that recovery device is told of no account, and of no problem.
        if operation.name == "takeBack":
            problem_if(not caller or not caller.is_proven(request, body.keys), "unknown-account")


def request_of(test):
    fields = [tuple(line.split(": ", 1)) for line in test["fields"]]
    return httpfields.Request(test["method"], test["path"], test.get("query"), fields, bytes.fromhex(test["body"]))
