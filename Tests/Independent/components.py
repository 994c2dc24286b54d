"""The safe application interface of draft-ietf-mls-extensions, written from the draft: exporter tree, labels,
identifiers of pre-shared keys, dictionaries."""
import json

from cryptography.hazmat.primitives import hashes

from primitives import ed25519_valid, hkdf_expand
from structures import vector

HASHES = {hashes.SHA256: (1, 2, 3, 0xf001), hashes.SHA384: (7, 0xf002, 0xf003), hashes.SHA512: (5,)}
ED25519 = (1, 3, 0xf001, 0xf002)
LEVELS = 16


def expand_with_label(secret, label, context, algorithm):
    length = algorithm.digest_size
    return hkdf_expand(secret, length.to_bytes(2, "big") + vector(b"MLS 1.0 " + label) + vector(context), length,
                       algorithm)


def safe_export_secret(root, component, algorithm):
    for level in reversed(range(LEVELS)):
        root = expand_with_label(root, b"tree", b"right" if component >> level & 1 else b"left", algorithm)
    return root


def operation_label(component, label):
    return vector(b"MLS Component") + component.to_bytes(2, "big") + vector(label)


def holds(test):
    suite = test["cipher_suite"]
    algorithm = next(algorithm for algorithm, suites in HASHES.items() if suite in suites)
    root = expand_with_label(bytes.fromhex(test["epoch_secret"]), b"application_export", b"", algorithm)
    if root.hex() != test["application_export_secret"]:
        return False
    if any(safe_export_secret(root, entry["component_id"], algorithm).hex() != entry["secret"]
           for entry in test["exported"]):
        return False
    sign, psk, dictionary = test["safe_sign_with_label"], test["application_psk"], test["app_data_dictionary"]
    label = operation_label(sign["component_id"], sign["label"].encode())
    signed = vector(b"MLS 1.0 " + label) + vector(bytes.fromhex(sign["content"]))
    if label.hex() != sign["component_operation_label"]:
        return False
    if suite in ED25519 and not ed25519_valid(
            bytes.fromhex(sign["pub"]), bytes.fromhex(sign["signature"]), signed):
        return False
    identifier = (b"\3" + psk["component_id"].to_bytes(2, "big") + vector(bytes.fromhex(psk["psk_id"]))
                  + vector(bytes.fromhex(psk["psk_nonce"])))
    entries = b"".join(entry["component_id"].to_bytes(2, "big") + vector(bytes.fromhex(entry["data"]))
                       for entry in dictionary["entries"])
    return identifier.hex() == psk["pre_shared_key_id"] and vector(entries).hex() == dictionary["encoded"]


def verify(path):
    """How many cases of a file hold, and the suites of those that do not."""
    cases = json.loads(path.read_text())
    failed = [test["cipher_suite"] for test in cases if not holds(test)]
    return len(cases) - len(failed), failed
