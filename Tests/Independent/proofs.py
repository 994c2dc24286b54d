"""Proofs about trees, evidence and partial batches: SPEC.md sections 6.5, 6.6 and 6.9."""
import account
from primitives import refuse_unless, sha256
from structures import Checkpoint, Entry, Reader, SignedBatch, labelled_hash, version


def node(left, right):
    return sha256(b"\1" + left + right)


def hashes(data):
    refuse_unless(len(data) % 32 == 0)
    return [data[start:start + 32] for start in range(0, len(data), 32)]


def split(count):
    return 1 << (count - 1).bit_length() - 1


def inclusion_root(leaf_hash, leaf, size, path):
    """RFC 9162 section 2.1.3.2, by recursion: the path is read from the top."""
    if size == 1:
        refuse_unless(not path)
        return leaf_hash
    refuse_unless(path)
    middle = split(size)
    if leaf < middle:
        return node(inclusion_root(leaf_hash, leaf, middle, path[:-1]), path[-1])
    return node(path[-1], inclusion_root(leaf_hash, leaf - middle, size - middle, path[:-1]))


def inclusion(test, leaves):
    reader = Reader(bytes.fromhex(test["proof"]))
    leaf, path = reader.uint(8), hashes(reader.opaque())
    reader.finish()
    refuse_unless(leaf == test["leaf"] and leaf < test["size"])
    return inclusion_root(leaves[leaf], leaf, test["size"], path).hex() == test["root"]


def consistency_roots(old, new, path, old_root, whole):
    """RFC 9162 section 2.1.4, by recursion: both roots of the part of the tree that the path is for."""
    if old == new:
        if whole:
            refuse_unless(not path)
            return old_root, old_root
        refuse_unless(len(path) == 1)
        return path[0], path[0]
    refuse_unless(path)
    middle = split(new)
    if old <= middle:
        before, after = consistency_roots(old, middle, path[:-1], old_root, whole)
        return before, node(after, path[-1])
    before, after = consistency_roots(old - middle, new - middle, path[:-1], old_root, False)
    return node(path[-1], before), node(path[-1], after)


def consistency_holds(old, new, path, old_root, new_root):
    refuse_unless(0 < old <= new)
    return consistency_roots(old, new, path, old_root, True) == (old_root, new_root)


def consistency_proof(reader):
    return reader.uint(8), reader.uint(8), hashes(reader.opaque())


def consistency(test):
    reader = Reader(bytes.fromhex(test["proof"]))
    old, new, path = consistency_proof(reader)
    reader.finish()
    return consistency_holds(old, new, path, bytes.fromhex(test["old_root"]), bytes.fromhex(test["new_root"]))


def leaves_root(leaves, size, nodes):
    """Section 6.5: `leaves` are (leaf index, hash), ascending."""
    refuse_unless(leaves and leaves[-1][0] < size)
    refuse_unless(all(a[0] < b[0] for a, b in zip(leaves, leaves[1:])))
    rest = list(nodes)

    def fold(part, start, end):
        if not part:
            refuse_unless(rest)
            return rest.pop(0)
        if end - start == 1:
            return part[0][1]
        middle = start + split(end - start)
        left = fold([item for item in part if item[0] < middle], start, middle)
        return node(left, fold([item for item in part if item[0] >= middle], middle, end))

    root = fold(leaves, 0, size)
    refuse_unless(not rest)
    return root


def leaves(test, all_hashes):
    reader = Reader(bytes.fromhex(test["proof"]))
    nodes = hashes(reader.opaque())
    reader.finish()
    if any(leaf >= len(all_hashes) for leaf in test["leaf_indices"]):
        return False
    found = [(leaf, all_hashes[leaf]) for leaf in test["leaf_indices"]]
    return leaves_root(found, test["size"], nodes).hex() == test["root"]


def evidence(test):
    reader = Reader(bytes.fromhex(test["evidence"]))
    refuse_unless(reader.fixed(4) == b"LLEV")
    version(reader)
    create = Entry(reader)
    name = account.Log(create).account
    older, newer = Checkpoint(reader.fixed(Checkpoint.SIZE)), Checkpoint(reader.fixed(Checkpoint.SIZE))
    beginning = reader.fixed(32)
    old, new, path = consistency_proof(reader)
    reader.finish()
    for checkpoint in (older, newer):
        refuse_unless(checkpoint.account == name and len(create.checkpoint_key) == 32)
        refuse_unless(account.is_valid(
            create.checkpoint_key, checkpoint.signature, "checkpoint", name, checkpoint.signed))
    refuse_unless(old == older.size and new == newer.size)
    return consistency_holds(old, new, path, beginning, newer.root) and beginning != older.root


def partial(test, keys, owner):
    reader = Reader(bytes.fromhex(test["batch"]))
    reader.uint(8)
    signed_batch = SignedBatch(reader)
    records, nodes, found = Reader(reader.opaque()), hashes(reader.opaque()), []
    reader.finish()
    while not records.is_at_end:
        index = records.uint(2)
        found.append((index, sha256(b"\0" + signed_batch.leaf(records.opaque()))))
    refuse_unless(signed_batch.device == labelled_hash("device id", keys))
    refuse_unless(account.is_valid(keys, signed_batch.signature, "signed batch", owner, signed_batch.signed))
    return leaves_root(found, signed_batch.leaf_count, nodes) == signed_batch.leaf_root
