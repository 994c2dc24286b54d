"""Fields and signatures of requests (sections 13.1, 13.3 and 13.4): RFC 9651 by http-sf, RFC 9421 from its text."""
import base64
import collections
import re

import http_sf

from primitives import ed25519_valid, hmac_sha256, refuse_unless, sha256
from structures import ZERO, Reader, derive, labelled_hash, vector

COMPONENTS = ["@method", "@path", "@query", "content-digest", "letterlock-relay", "letterlock-account",
              "letterlock-challenge"]
TAG = "letterlock/1"

Request = collections.namedtuple("Request", "method path query fields body")
Signature = collections.namedtuple("Signature", "components parameters bytes")


def field(request, name):
    """The value of the fields of a name, joined; None if there is none. RFC 9421 section 2.1."""
    values = [value.strip(" \t") for key, value in request.fields if key.lower() == name]
    return ", ".join(values) if values else None


def base64_bytes(text):
    data = base64.b64decode(text, validate=True)
    refuse_unless(base64.b64encode(data).decode() == text, "base64")
    return data


def byte_sequence(value):
    """A Byte Sequence without parameters. RFC 9651 section 3.3.5."""
    match = re.fullmatch(r":([A-Za-z0-9+/=]*):", value)
    refuse_unless(match, "Byte Sequence")
    try:
        return base64_bytes(match[1])
    except ValueError:
        refuse_unless(False, "Byte Sequence")


def write_bytes(data):
    return f":{base64.b64encode(data).decode()}:"


def write_item(value):
    """RFC 9651 section 4.1.3."""
    if isinstance(value, bytes):
        return write_bytes(value)
    if isinstance(value, http_sf.Token):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"?{value:d}" if isinstance(value, bool) else str(value)


def write_parameters(parameters):
    return "".join(f";{key}" if value is True else f";{key}={write_item(value)}" for key, value in parameters.items())


def write_inner_list(components, parameters):
    items = " ".join(write_item(name) + write_parameters(more) for name, more in components)
    return f"({items}){write_parameters(parameters)}"


def dictionary(value):
    try:
        return http_sf.parse(value.encode(), tltype="dictionary") if value else {}
    except Exception:
        refuse_unless(False, "dictionary")


def content_digest(body):
    return f"sha-256={write_bytes(sha256(body))}"


def names_body(value, body):
    """Whether Content-Digest has a `sha-256` that is the body's. RFC 9530 section 2."""
    found = dictionary(value).get("sha-256")
    return bool(found) and found[0] == sha256(body)


def signatures(request):
    """The signatures of a request. RFC 9421 section 4."""
    inputs = dictionary(field(request, "signature-input"))
    made = dictionary(field(request, "signature"))
    refuse_unless(set(inputs) == set(made), "Signature-Input and Signature")
    for label, (components, parameters) in inputs.items():
        refuse_unless(isinstance(components, list) and isinstance(made[label][0], bytes), "signature")
        yield Signature(components, parameters, made[label][0])


def signature_base(request, components, parameters):
    """RFC 9421 section 2.5; None if a component is not there."""
    derived = {"@method": request.method, "@path": request.path, "@query": "?" + (request.query or "")}
    lines = []
    for name, _ in components:
        value = derived.get(name) if name.startswith("@") else field(request, name)
        if value is None:
            return None
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {write_inner_list(components, parameters)}')
    return "\n".join(lines).encode()


def parameters_of(device):
    return [(name, {}) for name in COMPONENTS], {"keyid": device.hex(), "alg": "ed25519", "tag": TAG}


def is_signed(request, signature, keys):
    base = signature_base(request, signature.components, signature.parameters)
    return base is not None and ed25519_valid(keys[:32], signature.bytes, base)


def relay_hash(checkpoint_key):
    return labelled_hash("http relay", checkpoint_key)


def challenge(checkpoint_seed, time):
    """Section 13.4."""
    key = derive(checkpoint_seed, "http challenge key", b"", 32)
    number = time.to_bytes(8, "big")
    return number + hmac_sha256(key, vector(b"letterlock/1 http challenge") + number)


def challenge_holds(data, checkpoint_seed, now):
    if len(data) != 40:
        return False
    time = Reader(data).uint(8)
    return data == challenge(checkpoint_seed, time) and now - 300_000 <= time <= now + 60_000


def signed(request, keys, sign, checkpoint_key, over, account=ZERO):
    """The request with what a signed one has; `sign` signs by the Ed25519 key of `keys`."""
    fields = [*request.fields, ("Letterlock-Account", write_bytes(account)),
              ("Letterlock-Relay", write_bytes(relay_hash(checkpoint_key))), ("Letterlock-Challenge", write_bytes(over))]
    if field(request, "content-digest") is None:
        fields.append(("Content-Digest", content_digest(request.body)))
    request = request._replace(fields=fields)
    components, parameters = parameters_of(labelled_hash("device id", keys))
    signature = sign(signature_base(request, components, parameters))
    return request._replace(fields=[
        *fields, ("Signature-Input", "letterlock=" + write_inner_list(components, parameters)),
        ("Signature", "letterlock=" + write_bytes(signature))])
