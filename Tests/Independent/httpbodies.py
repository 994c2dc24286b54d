"""Bodies of requests and answers: sections 13.5 and 13.6, and the structures of others that travel alone."""
from erasing import AccountErasure
from primitives import refuse_unless
from proofs import consistency_proof, hashes
from structures import Checkpoint, Entry, Reader, SignedBatch, labelled_hash, version


def items(data, read):
    """The elements of a vector."""
    reader, found = Reader(data), []
    while not reader.is_at_end:
        found.append(read(reader))
    return found


def optional(reader, read):
    flag = reader.uint(1)
    refuse_unless(flag < 2, "optional")
    return read(reader) if flag else None


def checkpoint(reader):
    return Checkpoint(reader.fixed(Checkpoint.SIZE))


def numbers(data):
    return items(data, lambda reader: reader.uint(8))


def stored_wrap(reader):
    return reader.fixed(32), reader.opaque()


class Structure:
    """What has members, one after the other; `members` are their bytes."""

    def __init__(self, source):
        reader = Reader(source) if isinstance(source, bytes) else source
        self.members = []
        for name, read in self.FIELDS:
            start = reader.at
            setattr(self, name, read(reader))
            self.members.append(reader.data[start:reader.at])
        if reader is not source:
            reader.finish()


class EntryRequest(Structure):
    FIELDS = [("entry", Entry), ("wraps", lambda reader: items(reader.opaque(), stored_wrap))]


class RecoveryRequest(Structure):
    FIELDS = [("signing_keys", lambda reader: reader.fixed(1984))]


def at_most_1000(found):
    refuse_unless(len(found) <= 1000, "at most 1000")
    return found


class BatchRequest(Structure):
    FIELDS = [("signed_batch", SignedBatch),
              ("records", lambda reader: at_most_1000(items(reader.opaque(), Reader.opaque))),
              ("erasures", lambda reader: numbers(reader.opaque()))]


class StoredBatch(Structure):
    FIELDS = [("first_leaf", lambda reader: reader.uint(8)), ("signed_batch", SignedBatch),
              ("erasures", lambda reader: numbers(reader.opaque())),
              ("leaf_hashes", lambda reader: hashes(reader.opaque())),
              ("records", lambda reader: at_most_1000(
                  items(reader.opaque(), lambda inner: optional(inner, Reader.opaque))))]


class LostPartRequest(Structure):
    FIELDS = [("keys", lambda reader: optional(reader, lambda inner: inner.fixed(1984))),
              ("entries", lambda reader: items(reader.opaque(), Entry)),
              ("batches", lambda reader: items(reader.opaque(), StoredBatch)),
              ("checkpoint", checkpoint), ("end", lambda reader: reader.uint(8))]


class PostRequest(Structure):
    FIELDS = [("mailbox", lambda reader: reader.fixed(32)), ("message", Reader.opaque)]


class BatchAnswer(Structure):
    FIELDS = [("first_leaf", lambda reader: optional(reader, lambda inner: inner.uint(8))), ("checkpoint", checkpoint)]


class HistoryAnswer(Structure):
    FIELDS = [("batches", lambda reader: items(reader.opaque(), StoredBatch)), ("checkpoint", checkpoint),
              ("consistency", lambda reader: optional(reader, consistency_proof))]


class BlobUpload(Structure):
    FIELDS = [("version", version), ("blob", lambda reader: reader.fixed(16)), ("device", lambda reader: reader.fixed(32)),
              ("byte_count", lambda reader: reader.uint(8)), ("digest", lambda reader: reader.fixed(32)),
              ("signature", lambda reader: reader.fixed(64))]


def flag(reader):
    value = reader.uint(1)
    refuse_unless(value < 2, "flag")
    return bool(value)


class ListedBlob(Structure):
    FIELDS = [("upload", BlobUpload), ("is_complete", flag)]


class RelayUsage(Structure):
    FIELDS = [(name, lambda reader: reader.uint(8)) for name in ("log", "records", "blobs", "quota")]


class BlobRemoval(Structure):
    FIELDS = [("version", version), ("device", lambda reader: reader.fixed(32)), ("known_checkpoint", checkpoint),
              ("blobs", lambda reader: items(reader.opaque(), lambda inner: inner.fixed(16))),
              ("signature", lambda reader: reader.fixed(64))]


class StreamQuery(Structure):
    FIELDS = [("tags", lambda reader: items(reader.opaque(), lambda inner: inner.fixed(16))),
              ("before", lambda reader: reader.uint(8)), ("limit", lambda reader: reader.uint(2)),
              ("known_size", lambda reader: reader.uint(8))]


class Mailbox(Structure):
    FIELDS = [("mailbox", lambda reader: reader.fixed(32))]


STRUCTURES = {kind.__name__: kind for kind in (
    EntryRequest, RecoveryRequest, BatchRequest, LostPartRequest, PostRequest, BatchAnswer, StoredBatch, HistoryAnswer,
    ListedBlob, RelayUsage, BlobUpload, BlobRemoval, StreamQuery)}
STRUCTURES |= {"AccountErasure": AccountErasure, "opaque mailbox[32]": Mailbox}
