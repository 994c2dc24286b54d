"""The device as which schemathesis asks a relay: one of Tests/Vectors/http-request.json, with its account.

`device.py seed` prints the seed of that relay's checkpoint key, `device.py create` makes the account at LETTERLOCK_URL. As a
module it signs each request, and gives bodies in the presentation language their media type."""
import json
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Independent"))
import client as clients
import httpfields
import httprequests

FILE = json.loads((pathlib.Path(__file__).resolve().parents[1] / "Vectors/http-request.json").read_text())
CASES = {case["name"]: case for case in FILE["cases"]}


def make_client():
    made = clients.Client(os.environ["LETTERLOCK_URL"], bytes.fromhex(CASES["usage"]["signing_seed"]))
    made.account = bytes.fromhex(FILE["account"])
    return made


def create():
    made = make_client()
    for name in ("createAccount", "post"):
        made.send(httprequests.request_of(CASES[name]))
    for name in ("appendLogEntry", "append", "beginBlob", "writeBlob"):
        request = httprequests.request_of(CASES[name])
        kind = dict(request.fields).get("content-type", clients.MEDIA_TYPE)
        made.call(request.method, request.path, request.query, request.body, kind)


if __name__ == "__main__":
    {"seed": lambda: print(FILE["checkpoint_seed"]), "create": create}[sys.argv[1]]()
else:
    import requests.auth
    import schemathesis

    LOCAL = threading.local()
    REPLACED = {"letterlock-account", "letterlock-relay", "letterlock-challenge", "content-digest", "signature-input",
                "signature"}

    @schemathesis.hook
    def before_load_schema(context, raw_schema):
        """What a device signs with is not made up: tests of this project alter it."""
        for operations in raw_schema["paths"].values():
            for operation in operations.values():
                operation["parameters"] = [
                    item for item in operation.get("parameters", ())
                    if item["$ref"].rpartition("/")[2].lower() not in REPLACED]

    class Signed(requests.auth.AuthBase):
        """Signs a request as it is sent, over the newest challenge."""

        def __call__(self, prepared):
            if not hasattr(LOCAL, "client"):
                LOCAL.client = make_client()
            made = LOCAL.client
            path, _, query = prepared.path_url.partition("?")
            body = prepared.body or b""
            body = body.encode() if isinstance(body, str) else body
            request = httpfields.Request(prepared.method, path, query or None, [], body)
            signed = httpfields.signed(
                request, made.keys, made.sign, made.checkpoint_key, made.challenge, made.account)
            prepared.headers.update(dict(signed.fields))
            return prepared

    schemathesis.auth.set_from_requests(Signed())

    @schemathesis.serializer("application/vnd.letterlock.relay")
    def structure(context, value):
        return {"data": value if isinstance(value, bytes) else str(value).encode()}
