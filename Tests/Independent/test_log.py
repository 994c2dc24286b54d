"""The rules of SPEC.md sections 3.4 and 3.8 on accounts that this file makes."""
import copy
import hashlib
import unittest

import nacl.bindings as sodium
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

import account
import projection
from primitives import Refused, XWing, ed25519_public, mldsa_public
from structures import (
    ZERO, Bundle, Checkpoint, Entry, Header, HeaderPublicPart, Reader, derive, labelled_hash, vector)

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

    def recover(self, device="restored", kept=(), approvers=("restored",), by="recovery", signers=None, version=1):
        body = signer(device).bundle + ids(kept) + ids(approvers) + bytes([version])
        header = self.header([self.recovery, device, *kept])
        self.send(by, Entry.RECOVER, body, signers or [by, device], header)

    def project(self, change=lambda entries: entries, epoch=None, owner=None):
        unsigned = (Entry.ROTATE, Entry.EPOCH, Entry.UPDATE)
        entries = [Entry(data) for data in self.entries]
        shown = [(entry.content, b"" if entry.type in unsigned else b"".join(a + b for a, b in entry.signatures))
                 for entry in entries]
        body = b"".join(content + vector(signatures) for content, signatures in change(shown))
        return b"\1" + (owner or self.log.account) + vector(body) + (epoch or self.epoch_bytes)


class LogTest(unittest.TestCase):
    def setUp(self):
        self.account = Account()

    def refused(self, reason):
        return self.assertRaisesRegex(Refused, f"^{reason}$")


class Recovering(LogTest):
    def test_recover_removes_all_but_the_kept_devices(self):
        for name in ("second", "thief"):
            self.account.add(name)
        self.account.recover(kept=["second"], approvers=["second", "restored"])
        self.assertEqual(set(self.account.active), {"recovery", "second", "restored"})
        self.assertEqual(self.account.log.approvers, {signer("second").id, signer("restored").id})

    def test_only_the_recovery_device_recovers(self):
        with self.refused("wrongSigners"):
            self.account.recover(by="first")
        with self.refused("wrongSigners"):
            self.account.recover(signers=["recovery"])
        with self.refused("wrongSigners"):
            self.account.recover(signers=["restored", "recovery"])

    def test_a_kept_device_is_active_and_no_recovery_device(self):
        with self.refused("wrongKept"):
            self.account.recover(kept=["stranger"])
        with self.refused("wrongKept"):
            self.account.recover(kept=["recovery"])

    def test_a_removed_device_cannot_be_an_approver_of_a_recovered_account(self):
        with self.refused("wrongApprovers"):
            self.account.recover(approvers=["first"])

    def test_a_removed_device_is_not_restored(self):
        self.account.add("second")
        self.account.remove("second")
        with self.refused("deviceKnown"):
            self.account.recover(device="second", approvers=["second"])

    def test_recover_voids_an_announcement(self):
        head = self.account.announce()
        self.account.recover(kept=["first"])
        with self.refused("wrongAnnouncement"):
            self.account.complete_after(72, head)

    def test_a_version_that_the_recovery_device_cannot_read_is_refused(self):
        with self.refused("wrongVersion"):
            self.account.recover(version=0)

    def test_a_full_account_is_recovered(self):
        for number in range(63):
            self.account.add(f"device {number}")
        with self.refused("tooManyDevices"):
            self.account.add("one more")
        self.account.recover()
        self.assertEqual(set(self.account.active), {"recovery", "restored"})


class Announcing(LogTest):
    def test_a_single_approver_replaces_the_recovery_key_after_the_cooling_off_time(self):
        self.account.announce()
        self.assertEqual(self.account.log.recovery, signer("recovery").id)
        with self.refused("wrongCoolingOff"):
            self.account.complete_after(71)
        self.account.complete_after(72)
        self.assertEqual(set(self.account.active), {"first", "new recovery"})
        with self.refused("signerNotActive"):
            self.account.recover()

    def test_a_completion_is_for_one_announcement(self):
        head = self.account.announce()
        old = self.account.checkpoint(head, 5), self.account.checkpoint(head, 5 + 72 * HOUR)
        self.account.cancel(head)
        with self.refused("wrongAnnouncement"):
            self.account.complete(*old)
        self.account.announce(new="other recovery")
        with self.refused("wrongCoolingOff"):
            self.account.complete(*old, new="other recovery")
        self.account.complete_after(72, new="other recovery")
        with self.refused("wrongAnnouncement"):
            self.account.complete_after(72, new="new recovery")

    def test_checkpoints_are_of_this_account_relay_and_log(self):
        head = self.account.announce()
        first, second = self.account.checkpoint(head, 5), self.account.checkpoint(head, 5 + 72 * HOUR)
        for wrong in (
                self.account.checkpoint(head, 5 + 72 * HOUR, owner=bytes([1]) * 32),
                self.account.checkpoint(head, 5 + 72 * HOUR, key=bytes([1]) * 32),
                self.account.checkpoint(bytes([1]) * 32, 5 + 72 * HOUR),
                self.account.checkpoint(self.account.log.heads[0], 5 + 72 * HOUR)):
            with self.refused("wrongCoolingOff"):
                self.account.complete(first, wrong)
        with self.refused("wrongCoolingOff"):
            self.account.complete(self.account.checkpoint(self.account.log.heads[0], 5), second)
        with self.refused("wrongCoolingOff"):
            self.account.complete(second, first)

    def test_the_second_checkpoint_names_no_earlier_head_than_the_first(self):
        head = self.account.announce()
        self.account.begin()
        newest = self.account.log.heads[-1]
        with self.refused("wrongCoolingOff"):
            self.account.complete(self.account.checkpoint(newest, 5), self.account.checkpoint(head, 5 + 72 * HOUR))
        self.account.complete(self.account.checkpoint(head, 5), self.account.checkpoint(newest, 5 + 72 * HOUR))

    def test_times_near_the_largest_number_are_compared_without_overflow(self):
        head = self.account.announce()
        with self.refused("wrongCoolingOff"):
            self.account.complete(
                self.account.checkpoint(head, (1 << 64) - 1), self.account.checkpoint(head, 72 * HOUR))

    def test_one_announcement_stands_at_a_time(self):
        self.account.announce()
        with self.refused("wrongAnnouncement"):
            self.account.announce(new="other recovery")

    def test_an_account_without_a_relay_announces_nothing(self):
        with self.refused("wrongAnnouncement"):
            other = Account(has_relay=False)
            other.announce()

    def test_the_recovery_device_announces_nothing(self):
        with self.refused("wrongSigners"):
            self.account.announce(by="recovery")

    def test_a_device_that_is_no_approver_neither_announces_nor_cancels(self):
        self.account.add("thief")
        with self.refused("wrongSigners"):
            self.account.announce(by="thief")
        head = self.account.announce()
        with self.refused("wrongSigners"):
            self.account.cancel(head, by="thief")
        self.account.complete_after(72, by="thief")

    def test_an_approver_and_the_recovery_device_cancel(self):
        for number, by in enumerate(("first", "recovery")):
            head = self.account.announce(new=f"new {number}")
            with self.refused("wrongAnnouncement"):
                self.account.cancel(self.account.log.heads[0], by=by)
            self.account.cancel(head, by=by)
            self.assertIsNone(self.account.log.announcement)

    def test_replacing_with_the_old_key_voids_an_announcement(self):
        head = self.account.announce()
        self.account.replace("new recovery", ["first"])
        with self.refused("wrongAnnouncement"):
            self.account.cancel(head, by="first")

    def test_only_the_recovery_device_replaces_at_once(self):
        with self.refused("wrongSigners"):
            self.account.replace("new recovery", ["first"], by="first")

    def test_an_announced_device_that_was_added_meanwhile_is_no_recovery_device(self):
        head = self.account.announce()
        self.account.add("new recovery")
        with self.refused("deviceKnown"):
            self.account.complete_after(72, head)
        self.account.remove("new recovery")
        with self.refused("deviceKnown"):
            self.account.complete_after(72, head)

    def test_an_approver_that_was_removed_while_the_announcement_waited_still_counts(self):
        self.account.add("second")
        head = self.account.announce(approvers=["first", "second"])
        self.account.remove("second", by="recovery")
        self.account.complete_after(72, head)
        self.assertEqual(self.account.log.approvers, {signer("first").id, signer("second").id})


class Voting(LogTest):
    def setUp(self):
        super().setUp()
        for name in ("second", "third", "thief"):
            self.account.add(name)
        self.account.replace("recovery 2", ["first", "second", "third"])

    def announce(self, **how):
        return self.account.announce(approvers=["first", "second", "third"], **how)

    def test_enough_approvers_announce(self):
        with self.refused("wrongSigners"):
            self.announce()
        self.announce(voters=["second"])
        self.account.complete_after(72)

    def test_a_device_that_is_no_approver_does_not_vote(self):
        with self.refused("wrongSigners"):
            self.announce(voters=["thief"])

    def test_a_removed_approver_does_not_vote(self):
        self.account.remove("third")
        with self.refused("wrongSigners"):
            self.announce(voters=["third"])

    def test_votes_of_a_cancelled_announcement_do_not_count_again(self):
        votes = [self.account.vote("second", "first", "new recovery", ["first", "second", "third"])]
        head = self.announce(votes=votes)
        self.account.cancel(head, by="third")
        with self.refused("deviceKnown"):
            self.announce(votes=votes)

    def test_removing_the_signer_or_a_voter_voids_an_announcement(self):
        for number, leaver in enumerate(("second", "first")):
            state = copy.deepcopy(self.account)
            head = state.announce(approvers=["first", "second", "third"], voters=["second"])
            state.remove("thief", by="third")
            self.assertIsNotNone(state.log.announcement)
            state.remove(leaver, by="third")
            with self.refused("wrongAnnouncement"):
                state.complete_after(72, head, by="third")

    def test_a_thief_that_removes_approvers_waits_30_days(self):
        self.account.remove("first", "second", by="third")
        self.account.announce(by="third", approvers=["third"])
        with self.refused("wrongCoolingOff"):
            self.account.complete_after(30 * 24 - 1, by="third")
        self.account.complete_after(30 * 24, by="third")

    def test_where_no_approver_is_active_any_device_announces_without_votes(self):
        self.account.remove("first", "second", by="thief")
        with self.refused("wrongSigners"):
            self.account.announce(by="thief", approvers=["thief"])
        self.account.remove("third", by="thief")
        head = self.account.announce(by="thief", approvers=["thief"])
        with self.refused("wrongSigners"):
            self.account.cancel(head, by="thief")
        with self.refused("wrongCoolingOff"):
            self.account.complete_after(72, head, by="thief")
        self.account.recovery = "recovery 2"
        self.account.recover(by="recovery 2")
        self.assertEqual(set(self.account.active), {"recovery 2", "restored"})


class Parts(LogTest):
    def test_a_part_with_another_hash_is_refused(self):
        header = self.account.header(self.account.active)
        content = self.account.content("first", Entry.EPOCH, b"", header)
        other = self.account.header(self.account.active, tree_size=9)
        signature = signer("first").entry_signature("log entry", self.account.log.account, content)
        with self.refused("wrongPart"):
            self.account.receive(content + other + vector(signature))
        self.account.receive(content + header + vector(signature))

    def test_rotate_names_the_bundle_by_its_hash(self):
        bundle = signer("first").make_bundle(bytes([9]) * 32)
        header = self.account.header(self.account.active)
        with self.refused("wrongPart"):
            self.account.send("first", Entry.ROTATE, labelled_hash("bundle hash", bundle), header=header,
                              parts=signer("first").bundle)
        self.account.send("first", Entry.ROTATE, labelled_hash("bundle hash", bundle), header=header, parts=bundle)

    def test_an_epoch_has_at_most_256_links(self):
        for _ in range(3):
            self.account.begin(links=[self.account.epoch_count - 1])
        self.account.log.epochs *= 80
        self.account.epoch_count = len(self.account.log.epochs)
        with self.refused("wrongLinks"):
            self.account.begin(links=range(257))
        self.account.begin(links=range(256))

    def test_the_public_part_of_a_header_tells_no_tree_size(self):
        headers = [Header(Reader(self.account.header(["first"], tree_size=size))) for size in (1, 2)]
        public = [HeaderPublicPart(header.public_part) for header in headers]
        self.assertEqual(len(headers[0].public_part), 1289)
        self.assertEqual(public[0].inbox_key, public[1].inbox_key)
        for header, part in zip(headers, public):
            self.assertEqual(header.hash, part.hash)
        self.assertNotEqual(public[0].hash, public[1].hash)


class Projecting(LogTest):
    def setUp(self):
        super().setUp()
        self.account.add("second")
        self.account.add("thief", by="second")
        self.account.begin()
        self.account.remove("thief")
        self.account.announce(voters=[])
        self.account.complete_after(72)
        self.account.begin(by="second")

    def verify(self, data, head=None, owner=None):
        return projection.verify(data, owner or self.account.log.account, head or self.account.log.heads[-1])

    def test_a_projection_shows_who_is_active(self):
        log, inbox_key = self.verify(self.account.project())
        self.assertEqual(log.active, self.account.log.active)
        self.assertEqual(log.recovery, signer("new recovery").id)
        self.assertEqual(log.approvers, self.account.log.approvers)
        self.assertEqual(inbox_key, self.account.log.epochs[-1].inbox_key)

    def test_a_removal_is_not_hidden(self):
        with self.refused("head"):
            self.verify(self.account.project(lambda entries: entries[:4]))
        with self.refused("wrongPredecessor"):
            self.verify(self.account.project(lambda entries: entries[:4] + entries[5:]))

    def test_an_entry_that_changes_members_needs_its_signatures(self):
        for index in (0, 1, 4, 5, 6):
            def strip(entries):
                return [(content, b"" if place == index else signatures)
                        for place, (content, signatures) in enumerate(entries)]
            with self.refused("wrongSigners"):
                self.verify(self.account.project(strip))

    def test_an_entry_that_changes_no_members_has_no_signatures(self):
        signatures = b"".join(a + b for a, b in Entry(self.account.entries[3]).signatures)
        with self.refused("wrongSigners"):
            self.verify(self.account.project(
                lambda entries: entries[:3] + [(entries[3][0], signatures)] + entries[4:]))

    def test_another_epoch_is_refused(self):
        older = Entry(self.account.entries[3]).epoch.public_part
        with self.refused("wrongPart"):
            self.verify(self.account.project(epoch=older))

    def test_another_account_is_refused(self):
        with self.refused("account"):
            self.verify(self.account.project(owner=bytes([1]) * 32))
        with self.refused("account"):
            self.verify(self.account.project(), owner=bytes([1]) * 32)

    def test_a_completion_without_an_announcement_is_refused(self):
        owner = self.account.log.account
        content = self.account.content("first", Entry.COMPLETE, ZERO) + ZERO
        signature = signer("first").entry_signature("log entry", owner, content)
        with self.refused("wrongAnnouncement"):
            self.verify(self.account.project(lambda entries: entries + [(content, signature)]))

