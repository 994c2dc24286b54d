"""Answers, codes and orders that hold checkpoints: SPEC.md sections 3.6, 6.12 and 10.9."""
import erasing
import joining
import safety
from household import HOUR, signer
from structures import ZERO, Checkpoint
from test_log import LogTest

SECRET, HALF, BUNDLE = bytes([1]) * 32, bytes([2]) * 16, bytes([3]) * 32


def optional(checkpoint):
    return b"\1" + checkpoint if checkpoint else b"\0"


class Joining(LogTest):
    def answer(self, checkpoint=None):
        body = b"\1" + self.account.log.account + self.account.log.heads[-1] + optional(checkpoint)
        return body + joining.answer_mac(body, BUNDLE, SECRET, HALF)

    def take(self, data):
        return joining.take(data, BUNDLE, SECRET, HALF)

    def test_an_answer_with_and_without_a_checkpoint_is_taken(self):
        for checkpoint in (None, self.account.checkpoint(self.account.log.heads[-1], 5)):
            answer = self.take(self.answer(checkpoint))
            taken = joining.accept(answer, self.account.log, signer("first").id)
            self.assertEqual(taken is None, checkpoint is None)

    def test_the_mac_covers_each_byte(self):
        data = self.answer(self.account.checkpoint(self.account.log.heads[-1], 5))
        for place in range(1, len(data) - 32, 7):
            altered = data[:place] + bytes([data[place] ^ 2]) + data[place + 1:]
            with self.refused(".*"):
                self.take(altered)

    def test_a_checkpoint_cannot_be_taken_from_an_answer(self):
        data = self.answer(self.account.checkpoint(self.account.log.heads[-1], 5))
        with self.refused("mac"):
            self.take(data[:65] + b"\0" + data[-32:])

    def test_a_checkpoint_of_another_key_or_account_is_refused(self):
        head = self.account.log.heads[-1]
        for checkpoint in (self.account.checkpoint(head, 5, key=bytes([1]) * 32),
                           self.account.checkpoint(head, 5, owner=bytes([1]) * 32)):
            with self.refused("checkpoint"):
                joining.accept(self.take(self.answer(checkpoint)), self.account.log, signer("first").id)


class Comparing(LogTest):
    def code(self, peer, checkpoint=None):
        own = self.account.log.account + self.account.log.heads[-1]
        return safety.SafetyCode(b"\1" + own + (peer or own) + optional(checkpoint))

    def test_a_checkpoint_is_for_ones_own_devices_alone(self):
        checkpoint = self.account.checkpoint(self.account.log.heads[-1], 5)
        self.assertEqual(safety.accept(self.code(None, checkpoint), self.account.log).time, 5)
        self.assertIsNone(self.code(bytes(64)).checkpoint)
        with self.refused("a checkpoint for another person"):
            self.code(bytes(64), checkpoint)

    def test_a_checkpoint_of_another_key_is_refused(self):
        checkpoint = self.account.checkpoint(self.account.log.heads[-1], 5, key=bytes([1]) * 32)
        with self.refused("checkpoint"):
            safety.accept(self.code(None, checkpoint), self.account.log)


class Erasing(LogTest):
    def order(self, by="first", checkpoint=None):
        body = b"\1" + signer(by).id + (checkpoint or self.checkpoint(0)) + bytes(8)
        return body + signer(by).sign("account erasure", self.account.log.account, body)

    def checkpoint(self, hours, head=None, **how):
        return self.account.checkpoint(head or self.account.log.heads[-1], hours * HOUR, **how)

    def check(self, order, final, roots=None):
        completed = erasing.CompletedErasure(order + final)
        erasing.check_completed(completed, self.account.log, roots or {0: ZERO})

    def test_sizes(self):
        self.assertEqual((Checkpoint.SIZE, erasing.AccountErasure.SIZE), (177, 3591))

    def test_the_recovery_device_erases_at_once_and_others_after_72_hours(self):
        self.check(self.order("recovery"), self.checkpoint(0))
        self.check(self.order(), self.checkpoint(72))
        with self.refused("final"):
            self.check(self.order(), self.checkpoint(71))

    def test_a_log_entry_voids_an_order(self):
        order = self.order()
        self.account.begin()
        with self.refused("rule 2"):
            self.check(order, self.checkpoint(72))

    def test_final_is_of_this_account_relay_and_head(self):
        for wrong in (self.checkpoint(72, head=ZERO), self.checkpoint(72, owner=bytes([1]) * 32),
                      self.checkpoint(72, key=bytes([1]) * 32)):
            with self.refused("final"):
                self.check(self.order(), wrong)

    def test_a_removed_device_orders_nothing(self):
        self.account.add("thief")
        self.account.remove("thief")
        with self.refused("rule 3"):
            self.check(self.order("thief"), self.checkpoint(72))

    def test_a_device_that_has_more_or_other_records_takes_no_order(self):
        for roots in ({0: ZERO, 3: ZERO}, {0: bytes([1]) * 32}):
            with self.refused("rolledBack"):
                self.check(self.order(), self.checkpoint(72), roots)
