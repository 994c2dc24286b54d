"""Requests between this implementation and http-message-signatures, another one of RFC 9421."""
import json
import pathlib
import unittest

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import InvalidSignature

import httpfields
import httprequests
import httpvectors
from structures import derive, labelled_hash

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "Vectors/http-request.json"


class Message:
    """A request in the form that http-message-signatures takes."""

    def __init__(self, request):
        self.method = request.method
        self.url = "http://relay.example" + request.path + (f"?{request.query}" if request.query is not None else "")
        self.headers = {name: httpfields.field(request, name) for name in {name.lower() for name, _ in request.fields}}


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, seed=None, keys=b""):
        self.seed, self.keys = seed, keys

    def resolve_public_key(self, key_id):
        return Ed25519PublicKey.from_public_bytes(self.keys[:32])

    def resolve_private_key(self, key_id):
        return Ed25519PrivateKey.from_private_bytes(self.seed)


class Verifier(HTTPMessageVerifier):
    """No device's clock counts."""

    def validate_created_and_expires(self, sig_input, max_age=None):
        pass


class PeerTests(unittest.TestCase):
    def setUp(self):
        self.file = json.loads(VECTORS.read_text())
        self.relay = httpvectors.relay_of(self.file)

    def is_taken(self, request, keys):
        verifier = Verifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys(keys=keys))
        try:
            return len(verifier.verify(Message(request), max_age=None, expect_tag=httpfields.TAG)) == 1
        except InvalidSignature:
            return False

    def test_the_peer_takes_every_signed_request_of_the_vectors(self):
        signed = [case for case in self.file["cases"] if "signing_seed" in case]
        for case in signed:
            keys, _ = httpvectors.signer(bytes.fromhex(case["signing_seed"]))
            self.assertTrue(self.is_taken(httprequests.request_of(case), keys), case["name"])
        self.assertGreaterEqual(len(signed), 25)

    def test_the_peer_takes_what_this_implementation_signs_and_nothing_that_is_altered(self):
        keys, sign = httpvectors.signer(bytes(range(32)))
        request = httpfields.Request("GET", "/v1/log", "from=3", [], b"")
        request = httpfields.signed(request, keys, sign, bytes(32), bytes(40))
        self.assertTrue(self.is_taken(request, keys))
        self.assertFalse(self.is_taken(request._replace(query="from=4"), keys))
        self.assertFalse(self.is_taken(request._replace(path="/v1/logs"), keys))

    def test_a_relay_takes_what_the_peer_signs(self):
        case = next(case for case in self.file["cases"] if case["name"] == "usage")
        seed = bytes.fromhex(case["signing_seed"])
        keys, _ = httpvectors.signer(seed)
        fields = [line.split(": ", 1) for line in case["fields"] if not line.startswith("signature")]
        request = httpfields.Request("GET", "/v1/usage", None, fields, b"")
        message = Message(request)
        signer = HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519, key_resolver=Keys(derive(seed, "ed25519 seed", b"", 32)))
        signer.sign(message, key_id=labelled_hash("device id", keys).hex(), tag=httpfields.TAG,
                    covered_component_ids=httpfields.COMPONENTS, use_existing_digest=True)
        made = request._replace(fields=list(message.headers.items()))
        self.assertEqual(self.relay.judge(made).name, "usage")
        with self.assertRaises(httprequests.Problem):
            self.relay.judge(made._replace(path="/v1/erasure"))


if __name__ == "__main__":
    unittest.main()
