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


COOLING_OFF, LONG_COOLING_OFF = 72 * 3600 * 1000, 30 * 24 * 3600 * 1000


def is_checkpoint_of(checkpoint, account, checkpoint_key):
    return len(checkpoint_key) == 32 and checkpoint.account == account and is_valid(
        checkpoint_key, checkpoint.signature, "checkpoint", account, checkpoint.signed)


def check_bundle(bundle):
    refuse_unless(
        is_valid(bundle.signing_keys, bundle.signature, "device key bundle", ZERO, bundle.signed),
        "bundleNotSigned")
    refuse_unless(xwing_is_usable(bundle.sealing_key), "unusableKey")


def check_signatures(signatures, content, bundles, account):
    devices = [bundle.device for bundle in bundles]
    refuse_unless([device for device, _ in signatures] == devices, "wrongSigners")
    refuse_unless(len(set(devices)) == len(devices), "wrongSigners")
    for bundle, (_, signature) in zip(bundles, signatures):
        refuse_unless(
            is_valid(bundle.signing_keys, signature, "log entry", account, content), "badSignature")


class Announcement:
    """A recovery device that was announced and waits (section 3.4, rules 14 and 15)."""

    def __init__(self, entry, voters, waits_long):
        self.head, self.index, self.recovery, self.approvers = (
            entry.head, entry.index, entry.recovery, entry.approvers)
        self.supporters = {entry.signer, *voters}
        self.cooling_off = LONG_COOLING_OFF if waits_long else COOLING_OFF


class Membership:
    """Who belongs to the account: the rules of section 3.4 that contents and signatures show."""

    def __init__(self, create):
        refuse_unless(create.type == Entry.CREATE, "misplacedCreate")
        refuse_unless(create.predecessor == ZERO, "wrongPredecessor")
        refuse_unless(create.index == 0, "wrongIndex")
        device, recovery = create.device, create.recovery
        refuse_unless(create.signer == device.device, "signerNotActive")
        refuse_unless(device.device != recovery.device, "deviceKnown")
        for bundle in (device, recovery):
            check_bundle(bundle)
        refuse_unless(len(create.checkpoint_key) in (0, 32), "malformed")
        check_signatures(create.signatures, create.content, [device, recovery], ZERO)
        self.account, self.checkpoint_key = labelled_hash("account id", create.content), create.checkpoint_key
        self.members = {device.device: device, recovery.device: recovery}
        self.versions = {bundle.device: bundle.highest_version for bundle in (device, recovery)}
        self.removed, self.recovery, self.approvers = set(), recovery.device, {device.device}
        self.announcement, self.announced, self.heads = None, set(), [create.head]

    @property
    def active(self):
        return sorted(set(self.members) - self.removed)

    @property
    def active_approvers(self):
        return self.approvers & set(self.active)

    @property
    def needed_votes(self):
        count = len(self.approvers)
        return max(1, count) if count <= 2 else count // 2 + 1

    def append(self, entry):
        refuse_unless(entry.predecessor == self.heads[-1], "wrongPredecessor")
        refuse_unless(entry.index == len(self.heads), "wrongIndex")
        refuse_unless(entry.signer in self.active, "signerNotActive")
        self.check_signers(entry)
        refuse_unless(entry.type != Entry.CREATE, "misplacedCreate")
        change = {
            Entry.ADD: self.add, Entry.REMOVE: self.remove, Entry.REPLACE: self.replace, Entry.RECOVER: self.recover,
            Entry.ANNOUNCE: self.announce, Entry.COMPLETE: self.complete, Entry.CANCEL: self.cancel,
            Entry.ROTATE: self.rotate,
        }.get(entry.type)
        if change:
            change(entry)
        self.heads.append(entry.head)

    def check_signers(self, entry):
        """Rule 4, and the votes of rule 14."""
        signer, votes = self.members[entry.signer], []
        if entry.type == Entry.CREATE:
            return
        if entry.type in (Entry.REPLACE, Entry.RECOVER):
            refuse_unless(entry.signer == self.recovery, "wrongSigners")
        if entry.type == Entry.CANCEL:
            refuse_unless(entry.signer in {self.recovery, *self.active_approvers}, "wrongSigners")
        second = {Entry.REPLACE: lambda: [entry.recovery], Entry.ANNOUNCE: lambda: [entry.recovery],
                  Entry.RECOVER: lambda: [entry.device]}.get(entry.type, list)()
        if entry.type == Entry.ANNOUNCE:
            refuse_unless(entry.signer != self.recovery, "wrongSigners")
            votes = entry.signatures[1:-1]
            self.check_votes(entry, votes)
        rest = entry.signatures[:1] + entry.signatures[1 + len(votes):]
        check_signatures(rest, entry.content, [signer] + second, self.account)

    @property
    def can_vote(self):
        return len(self.active_approvers) >= self.needed_votes

    def check_votes(self, entry, votes):
        voters = [device for device, _ in votes]
        if not self.can_vote:
            refuse_unless(not votes, "wrongSigners")
            refuse_unless(not self.active_approvers or entry.signer in self.active_approvers, "wrongSigners")
            return
        refuse_unless(len(voters) + 1 >= self.needed_votes, "wrongSigners")
        refuse_unless(voters == sorted(set(voters)) and entry.signer not in voters, "wrongSigners")
        refuse_unless({entry.signer, *voters} <= self.active_approvers, "wrongSigners")
        content = self.recovery + entry.signer + entry.recovery.device + vector(b"".join(entry.approvers))
        for device, signature in votes:
            refuse_unless(
                is_valid(self.members[device].signing_keys, signature, "recovery vote", self.account, content),
                "badSignature")

    def join(self, bundle):
        self.members[bundle.device] = bundle
        self.versions[bundle.device] = bundle.highest_version

    def check_new(self, bundle):
        """Rules 5 and 6."""
        refuse_unless(bundle.device not in self.members, "deviceKnown")
        check_bundle(bundle)

    def check_approvers(self, approvers, devices):
        refuse_unless(approvers == sorted(set(approvers) & (set(devices) - {self.recovery})), "wrongApprovers")

    def add(self, entry):
        refuse_unless(entry.device.device not in self.members, "deviceKnown")
        refuse_unless(len(self.active) <= 64, "tooManyDevices")
        self.check_new(entry.device)
        refuse_unless(
            is_valid(entry.device.signing_keys, entry.consent, "join consent", ZERO, entry.consent_tag),
            "badSignature")
        self.join(entry.device)

    def remove(self, entry):
        refuse_unless(entry.leavers and entry.leavers == sorted(set(entry.leavers)), "wrongLeavers")
        for leaver in entry.leavers:
            refuse_unless(leaver in self.active, "deviceNotActive")
            refuse_unless(leaver not in (self.recovery, entry.signer), "notRemovable")
        if entry.signer == self.recovery:
            self.approvers -= set(entry.leavers)
        self.removed |= set(entry.leavers)
        if self.announcement and self.announcement.supporters & set(entry.leavers):
            self.announcement = None

    def replace(self, entry):
        self.check_new(entry.recovery)
        self.check_approvers(entry.approvers, self.active)
        self.change_recovery(entry.recovery, entry.approvers)

    def change_recovery(self, bundle, approvers):
        self.removed.add(self.recovery)
        self.join(bundle)
        self.recovery, self.approvers, self.announcement = bundle.device, set(approvers), None

    def recover(self, entry):
        self.check_new(entry.device)
        refuse_unless(entry.kept == sorted(set(entry.kept)) and len(entry.kept) <= 63, "wrongKept")
        refuse_unless(self.recovery not in entry.kept, "wrongKept")
        refuse_unless(set(entry.kept) <= set(self.active), "deviceNotActive")
        self.check_approvers(entry.approvers, entry.kept + [entry.device.device])
        self.removed |= set(self.active) - {self.recovery, *entry.kept}
        self.join(entry.device)
        self.versions[self.recovery] = entry.highest_version
        self.approvers, self.announcement = set(entry.approvers), None

    def announce(self, entry):
        refuse_unless(self.checkpoint_key, "noCheckpointKey")
        refuse_unless(self.announcement is None, "announcementStands")
        refuse_unless(entry.recovery.device not in self.announced, "deviceKnown")
        self.check_new(entry.recovery)
        self.check_approvers(entry.approvers, self.active)
        voters = [device for device, _ in entry.signatures[1:-1]]
        self.announcement = Announcement(entry, voters, waits_long=not self.can_vote)
        self.announced.add(entry.recovery.device)

    def rotate(self, entry):
        refuse_unless(entry.signer != self.recovery, "wrongRotation")

    def complete(self, entry):
        refuse_unless(self.announcement, "noAnnouncement")
        refuse_unless(self.announcement.recovery.device not in self.members, "deviceKnown")
        self.change_recovery(self.announcement.recovery, self.announcement.approvers)

    def cancel(self, entry):
        refuse_unless(self.announcement and entry.announcement == self.announcement.head, "noAnnouncement")
        self.announcement = None


class Log(Membership):
    """Replays entries; `Refused` names the rule."""

    def __init__(self, create):
        super().__init__(create)
        self.epochs = []
        self.begin(create.epoch)

    def append(self, entry):
        super().append(entry)
        if entry.type == Entry.ADD:
            refuse_unless(entry.device.highest_version >= self.epochs[-1].version, "wrongVersion")
        elif entry.type == Entry.ANNOUNCE:
            refuse_unless(entry.recovery.highest_version >= self.epochs[-1].version, "wrongVersion")
        elif entry.type == Entry.UPDATE:
            refuse_unless(entry.highest_version >= self.epochs[-1].version, "wrongVersion")
            self.versions[entry.signer] = entry.highest_version
        if entry.epoch:
            self.begin(entry.epoch, entry.type)

    def rotate(self, entry):
        check_bundle(entry.device)
        super().rotate(entry)
        old = self.members[entry.signer]
        refuse_unless(
            entry.device.signing_keys == old.signing_keys and entry.device.sealing_key != old.sealing_key,
            "wrongRotation")
        self.members[entry.signer] = entry.device

    def complete(self, entry):
        refuse_unless(self.announcement, "noAnnouncement")
        announcement, found = self.announcement, []
        for checkpoint in (entry.first, entry.second):
            refuse_unless(is_checkpoint_of(checkpoint, self.account, self.checkpoint_key), "wrongCoolingOff")
            refuse_unless(checkpoint.head in self.heads, "wrongCoolingOff")
            found.append(self.heads.index(checkpoint.head))
        refuse_unless(announcement.index <= found[0] <= found[1], "wrongCoolingOff")
        refuse_unless(entry.second.time >= entry.first.time + announcement.cooling_off, "tooSoon")
        super().complete(entry)

    def begin(self, header, kind=Entry.CREATE):
        refuse_unless(header.number == len(self.epochs), "wrongEpochNumber")
        refuse_unless([device for device, _ in header.wraps] == self.active, "wrongRecipients")
        refuse_unless(links_are_right(header, kind in (Entry.CREATE, Entry.RECOVER)), "wrongLinks")
        if self.epochs:
            before = self.epochs[-1]
            refuse_unless(header.tree_size >= before.tree_size, "treeShrank")
            refuse_unless(
                header.tree_size > before.tree_size or header.tree_root == before.tree_root, "treeChanged")
        refuse_unless(header.version <= min(self.versions[device] for device in self.active), "wrongVersion")
        self.epochs.append(header)


def links_are_right(header, may_be_none):
    """Rule 11."""
    linked = [number for number, _ in header.links]
    return (linked == sorted(set(linked)) and all(number < header.number for number in linked)
            and len(linked) <= 256 and (bool(linked) or may_be_none))


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
