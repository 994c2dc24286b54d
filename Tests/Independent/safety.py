"""Safety numbers and the codes that devices scan: SPEC.md section 10.9."""
from account import is_checkpoint_of
from primitives import refuse_unless, sha256
from structures import Reader, labelled_hash, optional_checkpoint, version


def half(account):
    value = labelled_hash("safety number", account)
    for _ in range(5199):
        value = sha256(value + account)
    return "".join(f"{int.from_bytes(value[5 * k:5 * k + 5], 'big') % 100000:05}" for k in range(6))


class SafetyCode:
    def __init__(self, data):
        reader = Reader(data)
        version(reader)
        self.own_account, self.own_head = reader.fixed(32), reader.fixed(32)
        self.peer_account, self.peer_head = reader.fixed(32), reader.fixed(32)
        self.checkpoint = optional_checkpoint(reader)
        reader.finish()
        if self.own_account != self.peer_account:
            refuse_unless(self.checkpoint is None, "a checkpoint for another person")


def accept(code, log):
    """A scanned code of one's own account: its checkpoint, if it has one."""
    refuse_unless(code.own_account == log.account, "another account")
    if code.checkpoint:
        refuse_unless(is_checkpoint_of(code.checkpoint, log.account, log.checkpoint_key), "checkpoint")
    return code.checkpoint
