"""Signatures (section 2.3), the log and its rules (section 3.4), and epochs (section 4)."""
from primitives import Refused, XWing, ed25519_valid, hpke_open, mldsa_valid, refuse_unless, sha256, xchacha_open
from structures import ZERO, Entry, derive, labelled_hash, vector


def signed(algorithm, purpose, account, keys, body):
    return (b"letterlock/1 sig" + bytes([algorithm]) + vector(purpose.encode()) + account + sha256(keys) + body)


def is_valid(keys, signature, purpose, account, body):
    if len(signature) == 64:
        return ed25519_valid(keys[:32], signature, signed(1, purpose, account, keys, body))
    if len(signature) != 3373:
        return False
    message = signed(2, purpose, account, keys, body)
    return ed25519_valid(keys[:32], signature[:64], message) and mldsa_valid(
        keys[32:], signature[64:], message, purpose.encode())


class Log:
    """Replays entries; `Refused` names the rule."""

    def __init__(self, create):
        refuse_unless(create.type == Entry.CREATE, "misplacedCreate")
        refuse_unless(create.predecessor == ZERO, "wrongPredecessor")
        refuse_unless(create.index == 0, "wrongIndex")
        device, recovery = create.device, create.recovery
        refuse_unless(create.signer == device.device, "signerNotActive")
        refuse_unless(device.device != recovery.device, "deviceKnown")
        for bundle in (device, recovery):
            self.check_bundle(bundle)
        refuse_unless(len(create.receipt_key) in (0, 32), "malformed")
        self.account = labelled_hash("account id", create.content)
        self.members = {device.device: device, recovery.device: recovery}
        self.versions = {bundle.device: bundle.highest_version for bundle in (device, recovery)}
        self.removed = set()
        self.recovery = recovery.device
        self.heads, self.epochs = [create.head], []
        self.check_signatures(create, [device.device, recovery.device], ZERO)
        self.begin(create.epoch)

    @property
    def active(self):
        return sorted(set(self.members) - self.removed)

    def check_bundle(self, bundle):
        refuse_unless(
            is_valid(bundle.signing_keys, bundle.signature, "device key bundle", ZERO, bundle.signed),
            "bundleNotSigned")

    def check_signatures(self, entry, devices, account):
        refuse_unless([device for device, _ in entry.signatures] == devices, "wrongSigners")
        refuse_unless(len(set(devices)) == len(devices), "wrongSigners")
        for device, signature in entry.signatures:
            keys = self.members[device].signing_keys
            refuse_unless(is_valid(keys, signature, "log entry", account, entry.content), "badSignature")

    def check_signers(self, entry):
        refuse_unless(entry.signer in self.active, "signerNotActive")
        if entry.type != Entry.REPLACE or entry.signer == self.recovery:
            return self.check_signatures(entry, [entry.signer], self.account)
        voters = [device for device in self.active if device != self.recovery]
        needed = len(voters) if len(voters) <= 2 else len(voters) // 2 + 1
        signers = [device for device, _ in entry.signatures]
        refuse_unless(len(signers) >= needed and set(signers) <= set(voters), "wrongSigners")
        self.check_signatures(entry, signers, self.account)

    def append(self, entry):
        refuse_unless(entry.predecessor == self.heads[-1], "wrongPredecessor")
        refuse_unless(entry.index == len(self.heads), "wrongIndex")
        self.check_signers(entry)
        refuse_unless(entry.type != Entry.CREATE, "misplacedCreate")
        if entry.type in (Entry.ADD, Entry.REPLACE):
            self.join(entry)
        elif entry.type == Entry.REMOVE:
            refuse_unless(entry.leaver in self.active, "deviceNotActive")
            refuse_unless(entry.leaver not in (self.recovery, entry.signer), "notRemovable")
            self.removed.add(entry.leaver)
        elif entry.type == Entry.ROTATE:
            self.check_bundle(entry.device)
            old = self.members[entry.signer]
            refuse_unless(
                entry.signer != self.recovery and entry.device.signing_keys == old.signing_keys
                and entry.device.sealing_key != old.sealing_key, "wrongRotation")
            self.members[entry.signer] = entry.device
        elif entry.type == Entry.UPDATE:
            refuse_unless(entry.highest_version >= self.epochs[-1].version, "wrongVersion")
            self.versions[entry.signer] = entry.highest_version
        if entry.epoch:
            self.begin(entry.epoch)
        self.heads.append(entry.head)

    def join(self, entry):
        bundle = entry.device if entry.type == Entry.ADD else entry.recovery
        refuse_unless(bundle.device not in self.members, "deviceKnown")
        self.check_bundle(bundle)
        if entry.type == Entry.ADD:
            refuse_unless(
                is_valid(bundle.signing_keys, entry.consent, "join consent", ZERO, entry.consent_tag),
                "badSignature")
            refuse_unless(bundle.highest_version >= self.epochs[-1].version, "wrongVersion")
        else:
            self.removed.add(self.recovery)
            self.recovery = bundle.device
        self.members[bundle.device] = bundle
        self.versions[bundle.device] = bundle.highest_version

    def begin(self, header):
        refuse_unless(header.number == len(self.epochs), "wrongEpochNumber")
        refuse_unless([device for device, _ in header.wraps] == self.active, "wrongRecipients")
        linked = [number for number, _ in header.links]
        refuse_unless(
            linked == sorted(set(linked)) and all(number < header.number for number in linked)
            and (not linked) == (header.number == 0), "wrongLinks")
        if self.epochs:
            refuse_unless(header.tree_size >= self.epochs[-1].tree_size, "treeShrank")
        refuse_unless(header.version <= min(self.versions[device] for device in self.active), "wrongVersion")
        self.epochs.append(header)


def epoch_holds(header, account, root, linked_roots):
    context = account + header.number.to_bytes(8, "big")
    if derive(root, "commit", context, 32) != header.commitment:
        return False
    if XWing(derive(root, "inbox", context, 32)).public != header.inbox_key:
        return False
    try:
        return linked_roots == [open_link(root, context, *link) for link in header.links]
    except Refused:
        return False


def open_link(root, context, earlier, sealed):
    place = context + earlier.to_bytes(8, "big")
    key, nonce = derive(root, "link key", place, 32), derive(root, "link nonce", place, 24)
    return xchacha_open(key, nonce, context, sealed)


def open_wrap(wrap, header, account, recipient, xwing):
    info = vector(b"letterlock/1 wrap") + account + vector(header.bound) + recipient + xwing.public
    refuse_unless(len(wrap) == 1168)
    return hpke_open(xwing, wrap, info)
