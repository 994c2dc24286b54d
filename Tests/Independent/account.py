"""Signatures (section 2.3), the log and its rules (section 3.4), and epochs (section 4)."""
from primitives import (
    Refused, XWing, ed25519_valid, hpke_open, mldsa_valid, refuse_unless, sha256, xchacha_open, xwing_is_usable)
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
        refuse_unless(len(create.checkpoint_key) in (0, 32), "malformed")
        self.account = labelled_hash("account id", create.content)
        self.members = {device.device: device, recovery.device: recovery}
        self.versions = {bundle.device: bundle.highest_version for bundle in (device, recovery)}
        self.removed = set()
        self.recovery, self.approvers = recovery.device, {device.device}
        self.heads, self.epochs = [create.head], []
        self.check_signatures(create.signatures, create.content, [device, recovery], ZERO)
        self.begin(create.epoch)

    @property
    def active(self):
        return sorted(set(self.members) - self.removed)

    def check_bundle(self, bundle):
        refuse_unless(
            is_valid(bundle.signing_keys, bundle.signature, "device key bundle", ZERO, bundle.signed),
            "bundleNotSigned")
        refuse_unless(xwing_is_usable(bundle.sealing_key), "unusableKey")

    def check_signatures(self, signatures, content, bundles, account):
        devices = [bundle.device for bundle in bundles]
        refuse_unless([device for device, _ in signatures] == devices, "wrongSigners")
        refuse_unless(len(set(devices)) == len(devices), "wrongSigners")
        for bundle, (_, signature) in zip(bundles, signatures):
            refuse_unless(
                is_valid(bundle.signing_keys, signature, "log entry", account, content), "badSignature")

    def check_signers(self, entry):
        refuse_unless(entry.signer in self.active, "signerNotActive")
        signers = [self.members[entry.signer]]
        if entry.type != Entry.REPLACE:
            return self.check_signatures(entry.signatures, entry.content, signers, self.account)
        votes = []
        if entry.signer != self.recovery:
            votes = entry.signatures[1:-1]
            self.check_votes(entry, votes)
        rest = entry.signatures[:1] + entry.signatures[1 + len(votes):]
        self.check_signatures(rest, entry.content, signers + [entry.recovery], self.account)

    def check_votes(self, entry, votes):
        voters = [device for device, _ in votes]
        count = len(self.approvers)
        refuse_unless(len(voters) + 1 >= (max(1, count) if count <= 2 else count // 2 + 1), "wrongSigners")
        refuse_unless(voters == sorted(set(voters)) and entry.signer not in voters, "wrongSigners")
        refuse_unless({entry.signer, *voters} <= self.approvers & set(self.active), "wrongSigners")
        content = self.recovery + entry.signer + entry.recovery.device + vector(b"".join(entry.approvers))
        for device, signature in votes:
            refuse_unless(
                is_valid(self.members[device].signing_keys, signature, "recovery vote", self.account, content),
                "badSignature")

    def append(self, entry):
        refuse_unless(entry.predecessor == self.heads[-1], "wrongPredecessor")
        refuse_unless(entry.index == len(self.heads), "wrongIndex")
        self.check_signers(entry)
        refuse_unless(entry.type != Entry.CREATE, "misplacedCreate")
        if entry.type in (Entry.ADD, Entry.REPLACE):
            self.join(entry)
        elif entry.type == Entry.REMOVE:
            refuse_unless(
                entry.leavers and entry.leavers == sorted(set(entry.leavers)), "wrongLeavers")
            for leaver in entry.leavers:
                refuse_unless(leaver in self.active, "deviceNotActive")
                refuse_unless(leaver not in (self.recovery, entry.signer), "notRemovable")
            if entry.signer == self.recovery:
                self.approvers -= set(entry.leavers)
            self.removed |= set(entry.leavers)
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
        refuse_unless(entry.type == Entry.REPLACE or len(self.active) <= 64, "tooManyDevices")
        self.check_bundle(bundle)
        if entry.type == Entry.ADD:
            refuse_unless(
                is_valid(bundle.signing_keys, entry.consent, "join consent", ZERO, entry.consent_tag),
                "badSignature")
            refuse_unless(bundle.highest_version >= self.epochs[-1].version, "wrongVersion")
        else:
            refuse_unless(
                entry.approvers == sorted(set(entry.approvers) & (set(self.active) - {self.recovery})),
                "wrongApprovers")
            self.approvers = set(entry.approvers)
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
            before = self.epochs[-1]
            refuse_unless(header.tree_size >= before.tree_size, "treeShrank")
            refuse_unless(
                header.tree_size > before.tree_size or header.tree_root == before.tree_root, "treeChanged")
        refuse_unless(header.version <= min(self.versions[device] for device in self.active), "wrongVersion")
        self.epochs.append(header)


def epoch_holds(header, account, epoch_secret, linked_secrets):
    context = account + header.number.to_bytes(8, "big")
    if derive(epoch_secret, "commit", context, 32) != header.commitment:
        return False
    if XWing(derive(epoch_secret, "inbox", context, 32)).public != header.inbox_key:
        return False
    try:
        return linked_secrets == [open_link(epoch_secret, context, *link) for link in header.links]
    except Refused:
        return False


def open_link(epoch_secret, context, earlier, sealed):
    place = context + earlier.to_bytes(8, "big")
    key, nonce = derive(epoch_secret, "link key", place, 32), derive(epoch_secret, "link nonce", place, 24)
    return xchacha_open(key, nonce, context, sealed)


def open_wrap(wrap, header, account, recipient, xwing):
    info = vector(b"letterlock/1 wrap") + account + vector(header.bound) + recipient + xwing.public
    refuse_unless(len(wrap) == 1168)
    return hpke_open(xwing, wrap, info)
