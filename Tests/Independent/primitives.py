"""The primitives of SPEC.md section 2.4, from PyNaCl and cryptography."""
import hashlib
import hmac as hmac_module

import nacl.bindings as sodium
import nacl.exceptions
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand


class Refused(Exception):
    """What the specification says to refuse."""


def refuse_unless(condition, reason=""):
    if not condition:
        raise Refused(reason)


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac_sha256(key, data):
    return hmac_module.new(key, data, hashlib.sha256).digest()


def hkdf_expand(secret, info, length, algorithm=hashes.SHA256):
    return HKDFExpand(algorithm=algorithm(), length=length, info=info).derive(secret)


def ed25519_public(seed):
    return sodium.crypto_sign_seed_keypair(seed)[0]


def ed25519_valid(key, signature, message):
    try:
        sodium.crypto_sign_open(signature + message, key)
        return True
    except nacl.exceptions.BadSignatureError:
        return False


def mldsa_public(seed):
    return MLDSA65PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def mldsa_valid(key, signature, message, context):
    try:
        MLDSA65PublicKey.from_public_bytes(key).verify(signature, message, context)
        return True
    except (InvalidSignature, ValueError):
        return False


def xchacha_open(key, nonce, aad, sealed):
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except (nacl.exceptions.CryptoError, ValueError, AssertionError) as error:
        raise Refused("AEAD") from error


def aes_gcm_open(key, nonce, aad, sealed):
    try:
        return AESGCM(key).decrypt(nonce, sealed, aad)
    except (InvalidTag, ValueError) as error:
        raise Refused("AEAD") from error


def argon2id(passphrase, salt, memory_kib, passes):
    return sodium.crypto_pwhash_alg(
        32, passphrase, salt, passes, memory_kib * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13)


class XWing:
    """draft-connolly-cfrg-xwing-kem."""

    def __init__(self, seed):
        expanded = hashlib.shake_256(seed).digest(96)
        self.mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self.x25519 = expanded[64:]
        self.x25519_public = sodium.crypto_scalarmult_base(self.x25519)
        self.public = self.mlkem.public_key().public_bytes_raw() + self.x25519_public

    def decapsulate(self, encapsulated):
        refuse_unless(len(encapsulated) == 1120)
        first, second = encapsulated[:1088], encapsulated[1088:]
        try:
            shared = sodium.crypto_scalarmult(self.x25519, second)
        except Exception as error:
            raise Refused("low order") from error
        return hashlib.sha3_256(
            self.mlkem.decapsulate(first) + shared + second + self.x25519_public + bytes.fromhex("5c2e2f2f5e5c")
        ).digest()


def xwing_is_usable(key):
    """FIPS 203 section 7.2's modulus check, and an X25519 part that is not of low order."""
    bits = int.from_bytes(key[:1152], "little")
    if any(bits >> 12 * index & 0xfff >= 3329 for index in range(768)):
        return False
    try:
        return sodium.crypto_scalarmult(bytes([1] * 32), key[1184:]) != bytes(32)
    except Exception:
        return False


HPKE_SUITE = b"HPKE\x64\x7a\x00\x01\x00\x02"


def _extract(salt, label, ikm):
    return hmac_sha256(salt or bytes(32), b"HPKE-v1" + HPKE_SUITE + label + ikm)


def _expand(secret, label, info, length):
    return hkdf_expand(secret, length.to_bytes(2, "big") + b"HPKE-v1" + HPKE_SUITE + label + info, length)


def hpke_open(xwing, sealed, info):
    """RFC 9180 base mode, single-shot, empty AAD."""
    shared = xwing.decapsulate(sealed[:1120])
    context = b"\0" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    secret = _extract(shared, b"secret", b"")
    key, nonce = _expand(secret, b"key", context, 32), _expand(secret, b"base_nonce", context, 12)
    return aes_gcm_open(key, nonce, b"", sealed[1120:])


def chunked_parts(key, context, sealed):
    """C2SP chunked-encryption v1, Cobblestone-256: what opens one chunk by its number."""
    refuse_unless(len(sealed) >= 72)
    salt, commitment, body = sealed[:24], sealed[24:56], sealed[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    output = hkdf_expand(key, info, 76, hashes.SHA512)
    refuse_unless(hmac_module.compare_digest(output[44:], commitment), "commitment")
    last = len(body) // 16400
    # The last chunk is short, if need be empty: that is how a cut file is noticed.
    refuse_unless(len(body) - last * 16400 >= 16, "last chunk")
    base = int.from_bytes(output[32:44], "big")

    def open_chunk(number):
        chunk = body[number * 16400:(number + 1) * 16400]
        refuse_unless(number == last or len(chunk) == 16400, "chunk")
        return aes_gcm_open(output[:32], (base ^ number).to_bytes(12, "big"), b"", chunk)

    open_chunk.count = last + 1
    return open_chunk


def chunked_open(key, context, sealed):
    """All chunks."""
    open_chunk = chunked_parts(key, context, sealed)
    return b"".join(open_chunk(number) for number in range(open_chunk.count))
