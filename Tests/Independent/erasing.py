"""Orders to erase the relay's copy: SPEC.md section 6.12."""
from account import COOLING_OFF, is_checkpoint_of, is_valid
from primitives import refuse_unless
from structures import Checkpoint, Reader, version


class AccountErasure:
    SIZE = 1 + 32 + Checkpoint.SIZE + 8 + 3373

    def __init__(self, data):
        refuse_unless(len(data) == self.SIZE)
        reader = Reader(data)
        version(reader)
        self.device, self.checkpoint = reader.fixed(32), Checkpoint(reader.fixed(Checkpoint.SIZE))
        self.at = reader.uint(8)
        self.signed, self.signature = data[:reader.at], reader.fixed(3373)


class CompletedErasure:
    def __init__(self, data):
        self.order = AccountErasure(data[:AccountErasure.SIZE])
        self.final = Checkpoint(data[AccountErasure.SIZE:])


def check_order(order, log):
    """Rules 1 to 3, but for the size and root: a verifier of the log alone has no history."""
    refuse_unless(is_checkpoint_of(order.checkpoint, log.account, log.checkpoint_key), "rule 1")
    refuse_unless(order.checkpoint.head == log.heads[-1], "rule 2")
    refuse_unless(order.device in log.active, "rule 3")
    keys = log.members[order.device].signing_keys
    refuse_unless(is_valid(keys, order.signature, "account erasure", log.account, order.signed), "rule 3")


def check_completed(completed, log, roots=None):
    """`roots` has the roots of the verifier's own history, by size; a verifier of the log alone has none."""
    order, final = completed.order, completed.final
    check_order(order, log)
    refuse_unless(is_checkpoint_of(final, log.account, log.checkpoint_key), "final")
    refuse_unless(final.head == order.checkpoint.head and final.size >= order.checkpoint.size, "final")
    if order.device != log.recovery:
        refuse_unless(final.time >= order.checkpoint.time + COOLING_OFF, "final")
    roots = roots or {}
    refuse_unless(final.size >= max(roots, default=0), "rolledBack")
    for checkpoint in (order.checkpoint, final):
        refuse_unless(checkpoint.size not in roots or roots[checkpoint.size] == checkpoint.root, "rolledBack")
