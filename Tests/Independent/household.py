"""Accounts that the tests make: devices, entries, votes, checkpoints and projections."""
import copy
import hashlib

import nacl.bindings as sodium
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

import account
from primitives import XWing, ed25519_public, mldsa_public
from structures import ZERO, Entry, Header, Reader, derive, labelled_hash, vector

HOUR = 3600 * 1000
KEYS = {}


class Signer:
    """A device with the keys that follow from its name."""

    def __init__(self, name, version=1):
        seed = hashlib.sha256(name.encode()).digest()
        self.ed25519 = derive(seed, "ed25519 seed", b"", 32)
        self.mldsa = derive(seed, "ml-dsa seed", b"", 32)
        self.keys = ed25519_public(self.ed25519) + mldsa_public(self.mldsa)
        self.name, self.id = name, labelled_hash("device id", self.keys)
        self.bundle = self.make_bundle(hashlib.sha256(seed).digest(), version)

    def make_bundle(self, sealing_seed, version=1):
        unsigned = b"\1" + self.keys + XWing(sealing_seed).public + bytes(8) + bytes([version])
        return unsigned + self.sign("device key bundle", ZERO, unsigned)

    def sign(self, purpose, owner, body):
        message = account.signed(2, purpose, owner, self.keys, body)
        mldsa = MLDSA65PrivateKey.from_seed_bytes(self.mldsa).sign(message, purpose.encode())
        return sign_ed25519(self.ed25519, message) + mldsa

    def entry_signature(self, purpose, owner, body):
        return self.id + self.sign(purpose, owner, body)


def sign_ed25519(seed, message):
    return sodium.crypto_sign(message, sodium.crypto_sign_seed_keypair(seed)[1])[:64]


def signer(name):
    """Makes each device once: their keys are slow to make."""
    if name not in KEYS:
        KEYS[name] = Signer(name)
    return KEYS[name]


def ids(names):
    return vector(b"".join(sorted(signer(name).id for name in names)))


class Account:
    """An account as its devices and its relay make it; `log` is the verifier."""
    RELAY = hashlib.sha256(b"relay").digest()

    def __init__(self, has_relay=True):
        self.recovery, self.log, self.entries, self.epoch_count = "recovery", None, [], 0
        self.epoch_bytes = b""
        key = ed25519_public(self.RELAY) if has_relay else b""
        header = self.header(["first", "recovery"])
        body = signer("first").bundle + signer("recovery").bundle + vector(key)
        self.send("first", Entry.CREATE, body, ["first", "recovery"], header)

    def header(self, names, links=None, tree_size=0):
        number = self.epoch_count
        links = links if links is not None else range(number)
        wraps = b"".join(sorted(signer(name).id + ZERO for name in names))
        return (b"\1" + number.to_bytes(8, "big") + number.to_bytes(32, "big") + bytes(1216)
                + vector(b"".join(link.to_bytes(8, "big") + bytes(48) for link in links))
                + tree_size.to_bytes(8, "big") + hashlib.sha256(bytes([tree_size])).digest() + vector(wraps))

    def content(self, by, kind, body, header=b""):
        head = self.log.heads[-1] if self.log else ZERO
        index = len(self.log.heads) if self.log else 0
        epoch_hash = Header(Reader(header)).hash if header else b""
        return b"\1" + head + index.to_bytes(8, "big") + signer(by).id + bytes([kind]) + body + epoch_hash

    def send(self, by, kind, body, signers=None, header=b"", parts=b"", votes=()):
        """Appends an entry; a refused one changes nothing."""
        content = self.content(by, kind, body, header)
        owner = self.log.account if self.log else ZERO
        signatures = [signer(name).entry_signature("log entry", owner, content) for name in signers or [by]]
        signatures[1:1] = votes
        self.receive(content + parts + header + vector(b"".join(signatures)))
        if header:
            self.epoch_count += 1

    def receive(self, data):
        entry = Entry(data)
        if self.log is None:
            self.log = account.Log(entry)
        else:
            log = copy.deepcopy(self.log)
            log.append(entry)
            self.log = log
        self.entries.append(data)
        self.epoch_bytes = entry.epoch.public_part if entry.epoch else self.epoch_bytes

    @property
    def names(self):
        return {signer(name).id: name for name in list(KEYS)}

    @property
    def active(self):
        return [self.names[device] for device in self.log.active]

    def add(self, name, by="first"):
        tag = bytes([7]) * 32
        self.send(by, Entry.ADD, signer(name).bundle + tag + signer(name).sign("join consent", ZERO, tag) + ZERO)

    def remove(self, *names, by="first"):
        rest = [name for name in self.active if name not in names]
        self.send(by, Entry.REMOVE, ids(names), header=self.header(rest))

    def begin(self, by="first", **header):
        self.send(by, Entry.EPOCH, b"", header=self.header(self.active, **header))

    def replace(self, new, approvers, by="recovery", signers=None):
        rest = [name for name in self.active if name != self.recovery] + [new]
        body = signer(new).bundle + ids(approvers)
        self.send(by, Entry.REPLACE, body, signers or [by, new], self.header(rest))
        self.recovery = new

    def vote(self, voter, by, new, approvers):
        content = signer(self.recovery).id + signer(by).id + signer(new).id + ids(approvers)
        return signer(voter).entry_signature("recovery vote", self.log.account, content)

    def announce(self, by="first", new="new recovery", approvers=("first",), voters=(), votes=None):
        body = signer(new).bundle + ids(approvers)
        votes = votes if votes is not None else sorted(
            self.vote(voter, by, new, approvers) for voter in voters)
        self.send(by, Entry.ANNOUNCE, body, [by, new], votes=votes)
        return self.log.heads[-1]

    def checkpoint(self, head, time, owner=None, key=RELAY):
        owner = owner or self.log.account
        body = b"\1" + owner + bytes(8) + ZERO + head + time.to_bytes(8, "big")
        public = ed25519_public(key)
        return body + sign_ed25519(key, account.signed(1, "checkpoint", owner, public, body))

    def complete(self, first, second, by="first", new="new recovery"):
        cooling_off = first + second
        rest = [name for name in self.active if name != self.recovery] + [new]
        self.send(
            by, Entry.COMPLETE, labelled_hash("cooling off", cooling_off), header=self.header(rest), parts=cooling_off)
        self.recovery = new

    def complete_after(self, hours, head=None, **how):
        head = head or self.log.heads[-1]
        self.complete(self.checkpoint(head, 5), self.checkpoint(head, 5 + hours * HOUR), **how)

    def cancel(self, head, by="recovery"):
        self.send(by, Entry.CANCEL, head)

    def recover(self, device="restored", kept=(), approvers=("restored",), by="recovery", signers=None, version=1,
                **header):
        body = signer(device).bundle + ids(kept) + ids(approvers) + bytes([version])
        header = self.header([self.recovery, device, *kept], **header)
        self.send(by, Entry.RECOVER, body, signers or [by, device], header)

    def project(self, change=lambda entries: entries, epoch=None, owner=None):
        unsigned = (Entry.ROTATE, Entry.EPOCH, Entry.UPDATE)
        entries = [Entry(data) for data in self.entries]
        shown = [(entry.content, b"" if entry.type in unsigned else b"".join(a + b for a, b in entry.signatures))
                 for entry in entries]
        body = b"".join(content + vector(signatures) for content, signatures in change(shown))
        return b"\1" + (owner or self.log.account) + vector(body) + (epoch or self.epoch_bytes)
