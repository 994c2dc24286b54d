"""The presentation language of SPEC.md section 2.1, and the structures of sections 3 to 5."""
from primitives import Refused, hkdf_expand, refuse_unless, sha256

ZERO = bytes(32)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def fixed(self, count):
        refuse_unless(self.at + count <= len(self.data), "truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def uint(self, count):
        return int.from_bytes(self.fixed(count), "big")

    def opaque(self):
        first = self.uint(1)
        size = 1 << (first >> 6)
        refuse_unless(size <= 4, "length")
        length = (first & 63) << 8 * (size - 1) | self.uint(size - 1)
        refuse_unless(len(vector_length(length)) == size, "not the shortest form")
        return self.fixed(length)

    def rest(self):
        return self.fixed(len(self.data) - self.at)

    @property
    def is_at_end(self):
        return self.at == len(self.data)

    def finish(self):
        refuse_unless(self.is_at_end, "trailing bytes")


def devices(reader):
    data = reader.opaque()
    refuse_unless(len(data) % 32 == 0)
    return [data[start:start + 32] for start in range(0, len(data), 32)]


def vector_length(length):
    for size, prefix, limit in ((1, 0, 1 << 6), (2, 1, 1 << 14), (4, 2, 1 << 30)):
        if length < limit:
            return (prefix << 8 * size - 2 | length).to_bytes(size, "big")
    raise Refused("too long")


def vector(data):
    return vector_length(len(data)) + data


def text(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error


def derive(secret, purpose, context, length):
    info = length.to_bytes(2, "big") + vector(b"letterlock/1 " + purpose.encode()) + vector(context)
    return hkdf_expand(secret, info, length)


def labelled_hash(purpose, body):
    return sha256(vector(b"letterlock/1 " + purpose.encode()) + body)


def version(reader):
    refuse_unless(reader.uint(1) == 1, "version")


class Bundle:
    SIZE = 6583

    def __init__(self, data):
        refuse_unless(len(data) == self.SIZE)
        reader = Reader(data)
        self.bytes = data
        version(reader)
        self.signing_keys, self.sealing_key = reader.fixed(1984), reader.fixed(1216)
        self.created_at, self.highest_version = reader.uint(8), reader.uint(1)
        self.signed, self.signature = data[:reader.at], reader.fixed(3373)
        self.device = labelled_hash("device id", self.signing_keys)
        self.hash = labelled_hash("bundle hash", data)


class Header:
    """An EpochHeader (section 4.1)."""

    def __init__(self, reader):
        start = reader.at
        version(reader)
        self.version = 1
        self.number = reader.uint(8)
        self.commitment, self.inbox_key = reader.fixed(32), reader.fixed(1216)
        private = reader.at
        self.links = []
        links = Reader(reader.opaque())
        while not links.is_at_end:
            self.links.append((links.uint(8), links.fixed(48)))
        self.tree_size, self.tree_root = reader.uint(8), reader.fixed(32)
        self.bound = reader.data[start:reader.at]
        self.wraps = []
        wraps = Reader(reader.opaque())
        while not wraps.is_at_end:
            self.wraps.append((wraps.fixed(32), wraps.fixed(32)))
        self.public_part = reader.data[start:private] + labelled_hash(
            "epoch header private part", reader.data[private:reader.at])
        self.hash = labelled_hash("epoch header", self.public_part)


class HeaderPublicPart:
    """An EpochHeaderPublicPart (section 4.1)."""
    SIZE = 1 + 8 + 32 + 1216 + 32

    def __init__(self, data):
        reader = Reader(data)
        version(reader)
        self.number, self.commitment = reader.uint(8), reader.fixed(32)
        self.inbox_key, self.private_part = reader.fixed(1216), reader.fixed(32)
        reader.finish()
        self.hash = labelled_hash("epoch header", data)


class Checkpoint:
    """Section 6.2."""
    SIZE = 1 + 32 + 8 + 32 + 32 + 8 + 64

    def __init__(self, data):
        refuse_unless(len(data) == self.SIZE)
        reader = Reader(data)
        version(reader)
        self.account, self.size, self.root = reader.fixed(32), reader.uint(8), reader.fixed(32)
        self.head, self.time = reader.fixed(32), reader.uint(8)
        self.signed, self.signature = data[:reader.at], reader.fixed(64)


def optional_checkpoint(reader):
    has_checkpoint = reader.uint(1)
    refuse_unless(has_checkpoint < 2)
    return Checkpoint(reader.fixed(Checkpoint.SIZE)) if has_checkpoint else None


class Content:
    """A LogEntryContent (section 3.3)."""
    (CREATE, ADD, REMOVE, ROTATE, EPOCH, REPLACE, UPDATE, RECOVER, ANNOUNCE, COMPLETE, CANCEL) = range(1, 12)
    WITHOUT_EPOCH = (ADD, UPDATE, ANNOUNCE, CANCEL)

    def __init__(self, reader):
        start = reader.at
        version(reader)
        self.predecessor, self.index = reader.fixed(32), reader.uint(8)
        self.signer, self.type = reader.fixed(32), reader.uint(1)
        self.read_change(reader)
        self.epoch_hash = None if self.type in self.WITHOUT_EPOCH else reader.fixed(32)
        self.content = reader.data[start:reader.at]
        self.head = labelled_hash("log entry", self.content)

    def read_change(self, reader):
        bundle = lambda: Bundle(reader.fixed(Bundle.SIZE))
        if self.type == self.CREATE:
            self.device, self.recovery, self.checkpoint_key = bundle(), bundle(), reader.opaque()
        elif self.type == self.ADD:
            self.device, self.consent_tag = bundle(), reader.fixed(32)
            self.consent, self.wrap_hash = reader.fixed(3373), reader.fixed(32)
        elif self.type == self.REMOVE:
            self.leavers = devices(reader)
        elif self.type == self.ROTATE:
            self.bundle_hash = reader.fixed(32)
        elif self.type in (self.REPLACE, self.ANNOUNCE):
            self.recovery, self.approvers = bundle(), devices(reader)
        elif self.type == self.UPDATE:
            self.highest_version = reader.uint(1)
        elif self.type == self.RECOVER:
            self.device, self.kept, self.approvers = bundle(), devices(reader), devices(reader)
            self.highest_version = reader.uint(1)
        elif self.type == self.COMPLETE:
            self.cooling_off_hash = reader.fixed(32)
        elif self.type == self.CANCEL:
            self.announcement = reader.fixed(32)
        else:
            refuse_unless(self.type == self.EPOCH, "entry type")

    def read_signatures(self, reader):
        self.signatures = []
        signatures = Reader(reader.opaque())
        while not signatures.is_at_end:
            self.signatures.append((signatures.fixed(32), signatures.fixed(3373)))


class Entry(Content):
    """A LogEntry (section 3.3): the content, the parts that it names by hash, the signatures."""

    def __init__(self, source):
        """Reads bytes to their end, or what comes next from a reader."""
        reader = Reader(source) if isinstance(source, bytes) else source
        super().__init__(reader)
        self.read_parts(reader)
        self.read_signatures(reader)
        if reader is not source:
            reader.finish()

    def read_parts(self, reader):
        self.epoch = None
        if self.type == self.ROTATE:
            self.device = Bundle(reader.fixed(Bundle.SIZE))
            refuse_unless(self.device.hash == self.bundle_hash, "malformed")
        if self.type == self.COMPLETE:
            data = reader.fixed(2 * Checkpoint.SIZE)
            refuse_unless(labelled_hash("cooling off", data) == self.cooling_off_hash, "malformed")
            self.first, self.second = (
                Checkpoint(part) for part in (data[:Checkpoint.SIZE], data[Checkpoint.SIZE:]))
        if self.epoch_hash:
            self.epoch = Header(reader)
            refuse_unless(self.epoch.hash == self.epoch_hash, "malformed")


class ProjectedEntry(Content):
    """Section 3.8: the content and signatures of an entry."""

    def __init__(self, reader):
        super().__init__(reader)
        self.read_signatures(reader)


class SignedBatch:
    def __init__(self, source):
        reader = Reader(source) if isinstance(source, bytes) else source
        start = reader.at
        version(reader)
        self.log_head, self.device, self.counter = reader.fixed(32), reader.fixed(32), reader.uint(8)
        self.previous = reader.fixed(32)
        self.known_checkpoint = optional_checkpoint(reader)
        self.leaf_count, self.leaf_root = reader.uint(2), reader.fixed(32)
        self.erasures = reader.fixed(32)
        self.signed, self.signature = reader.data[start:reader.at], reader.fixed(64)
        if reader is not source:
            reader.finish()
        self.hash = labelled_hash("signed batch", self.signed)

    def leaf(self, record):
        return vector(record) + self.device + self.counter.to_bytes(8, "big")
