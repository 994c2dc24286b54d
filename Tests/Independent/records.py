"""Records (section 5): the key of a stream, and the order in which a record is checked."""
import messages
from primitives import Refused, refuse_unless, xchacha_open
from structures import Reader, derive


class Epoch:
    """An epoch whose secret the reader has."""

    def __init__(self, account, header_hash, epoch_secret):
        self.account, self.header_hash, self.epoch_secret = account, header_hash, epoch_secret
        self.reference = header_hash[:16]

    def stream_tag(self, conversation):
        return derive(self.epoch_secret, "stream", self.account + conversation, 16)

    def key(self, stream_tag):
        return derive(self.epoch_secret, "record", self.account + self.header_hash + stream_tag, 32)


class Record:
    def __init__(self, data):
        reader = Reader(data[1:])
        self.epoch, self.stream_tag, self.nonce = reader.fixed(16), reader.fixed(16), reader.fixed(24)
        self.aad, self.ciphertext = data[:57], reader.opaque()
        reader.finish()
        refuse_unless(len(self.ciphertext) >= 272)


def refusing(error, action):
    """What an action gives; any refusal of it is this one."""
    try:
        return action()
    except Refused as refusal:
        raise Refused(error) from refusal


def parse(data):
    """Steps 1 and 2 of section 5.2."""
    refuse_unless(data, "malformed")
    refuse_unless(data[0] == 1, "unknownVersion")
    return refusing("malformed", lambda: Record(data))


def decrypt(record, epoch):
    """Steps 3 and 4."""
    refuse_unless(record.epoch == epoch.reference, "unreadableEpoch")
    return refusing("authenticationFailed", lambda: xchacha_open(
        epoch.key(record.stream_tag), record.nonce, record.aad, record.ciphertext))


def open_record(data, epoch):
    record = parse(data)
    plaintext = decrypt(record, epoch)
    # Steps 5 and 6.
    entry = refusing("authenticationFailed", lambda: messages.archive_entry(plaintext))
    # Step 7; an entry of an unknown type names no conversation.
    conversation = entry["conversation"]
    refuse_unless(
        conversation is None or epoch.stream_tag(conversation) == record.stream_tag, "authenticationFailed")
    return plaintext
