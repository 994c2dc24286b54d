"""What an approver answers a device that joins: SPEC.md section 3.6."""
from account import is_checkpoint_of
from primitives import hmac_sha256, refuse_unless
from structures import Reader, derive, optional_checkpoint, version


class JoinAnswer:
    def __init__(self, data):
        reader = Reader(data)
        version(reader)
        self.account, self.head = reader.fixed(32), reader.fixed(32)
        self.checkpoint = optional_checkpoint(reader)
        self.authenticated, self.mac = data[:reader.at], reader.fixed(32)
        reader.finish()


def answer_mac(authenticated, bundle_hash, secret, half):
    return hmac_sha256(derive(secret, "join mac", half, 32), authenticated + bundle_hash)


def take(data, bundle_hash, secret, half):
    answer = JoinAnswer(data)
    refuse_unless(answer.mac == answer_mac(answer.authenticated, bundle_hash, secret, half), "mac")
    return answer


def accept(answer, log, device):
    """Rule 3, once the log was fetched."""
    refuse_unless(log.account == answer.account and answer.head in log.heads, "head")
    refuse_unless(device in log.active, "not a device")
    if answer.checkpoint:
        refuse_unless(is_checkpoint_of(answer.checkpoint, log.account, log.checkpoint_key), "checkpoint")
    return answer.checkpoint
