"""The rules of SPEC.md sections 3.4 and 3.8."""
import copy
import unittest

import projection
from household import HOUR, Account, signer
from primitives import Refused
from structures import ZERO, Entry, Header, HeaderPublicPart, Reader, labelled_hash, vector


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
        with self.refused("deviceNotActive"):
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
        with self.refused("noAnnouncement"):
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
        with self.refused("tooSoon"):
            self.account.complete_after(71)
        self.account.complete_after(72)
        self.assertEqual(set(self.account.active), {"first", "new recovery"})
        with self.refused("signerNotActive"):
            self.account.recover()

    def test_a_completion_is_for_one_announcement(self):
        head = self.account.announce()
        old = self.account.checkpoint(head, 5), self.account.checkpoint(head, 5 + 72 * HOUR)
        self.account.cancel(head)
        with self.refused("noAnnouncement"):
            self.account.complete(*old)
        self.account.announce(new="other recovery")
        with self.refused("wrongCoolingOff"):
            self.account.complete(*old, new="other recovery")
        self.account.complete_after(72, new="other recovery")
        with self.refused("noAnnouncement"):
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
        with self.refused("tooSoon"):
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
        with self.refused("tooSoon"):
            self.account.complete(
                self.account.checkpoint(head, (1 << 64) - 1), self.account.checkpoint(head, 72 * HOUR))

    def test_one_announcement_stands_at_a_time(self):
        self.account.announce()
        with self.refused("announcementStands"):
            self.account.announce(new="other recovery")

    def test_an_account_without_a_relay_announces_nothing(self):
        with self.refused("noCheckpointKey"):
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
            with self.refused("noAnnouncement"):
                self.account.cancel(self.account.log.heads[0], by=by)
            self.account.cancel(head, by=by)
            self.assertIsNone(self.account.log.announcement)

    def test_replacing_with_the_old_key_voids_an_announcement(self):
        head = self.account.announce()
        self.account.replace("new recovery", ["first"])
        with self.refused("noAnnouncement"):
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
            with self.refused("noAnnouncement"):
                state.complete_after(72, head, by="third")

    def test_a_thief_that_removes_approvers_waits_30_days(self):
        self.account.remove("first", "second", by="third")
        self.account.announce(by="third", approvers=["third"])
        with self.refused("tooSoon"):
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
        with self.refused("tooSoon"):
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
        with self.refused("malformed"):
            self.account.receive(content + other + vector(signature))
        self.account.receive(content + header + vector(signature))

    def test_rotate_names_the_bundle_by_its_hash(self):
        bundle = signer("first").make_bundle(bytes([9]) * 32)
        header = self.account.header(self.account.active)
        with self.refused("malformed"):
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

    def test_only_recover_may_have_no_links(self):
        with self.refused("wrongLinks"):
            self.account.begin(links=[])
        with self.refused("wrongLinks"):
            self.account.recover(links=[1])
        self.account.recover(links=[])
        self.assertEqual(self.account.log.epochs[-1].links, [])
        with self.refused("wrongLinks"):
            self.account.begin(by="restored", links=[])

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
        return projection.verify(data, head or self.account.log.heads[-1], owner or self.account.log.account)

    def test_a_projection_shows_who_is_active(self):
        log, inbox_key = self.verify(self.account.project())
        self.assertEqual(log.active, self.account.log.active)
        self.assertEqual(log.recovery, signer("new recovery").id)
        self.assertEqual(log.approvers, self.account.log.approvers)
        self.assertEqual(inbox_key, self.account.log.epochs[-1].inbox_key)

    def test_a_removal_is_not_hidden(self):
        with self.refused("otherHead"):
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
        with self.refused("needlessSignatures"):
            self.verify(self.account.project(
                lambda entries: entries[:3] + [(entries[3][0], signatures)] + entries[4:]))

    def test_another_epoch_is_refused(self):
        older = Entry(self.account.entries[3]).epoch.public_part
        with self.refused("otherEpoch"):
            self.verify(self.account.project(epoch=older))

    def test_another_account_is_refused(self):
        with self.refused("wrongAccount"):
            self.verify(self.account.project(owner=bytes([1]) * 32))
        with self.refused("wrongAccount"):
            self.verify(self.account.project(), owner=bytes([1]) * 32)

    def test_a_completion_without_an_announcement_is_refused(self):
        owner = self.account.log.account
        content = self.account.content("first", Entry.COMPLETE, ZERO) + ZERO
        signature = signer("first").entry_signature("log entry", owner, content)
        with self.refused("noAnnouncement"):
            self.verify(self.account.project(lambda entries: entries + [(content, signature)]))
