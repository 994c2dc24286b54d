"""Reads an account from a relay over HTTP with nothing but its recovery key: python restore.py URL RECOVERY_KEY_FILE

It finds the account, judges the log, opens the epochs, fetches and verifies the whole history, opens each record, and
prints its messages, one JSON object on each line. SPEC.md sections 3 to 6, 8.2, 10 and 13."""
import json
import pathlib
import sys

import account
import messages
import records
import writtencode
from client import Client, RelayProblem
from primitives import Refused, XWing, refuse_unless, sha256
from proofs import consistency_holds, node
from structures import ZERO, Reader, derive, labelled_hash, vector


class Tree:
    """The tree of section 6.1, grown leaf by leaf: the roots of its complete subtrees."""

    def __init__(self):
        self.size, self.roots = 0, []

    def append(self, leaf_hash):
        self.roots.append(leaf_hash)
        self.size += 1
        place = self.size
        while place % 2 == 0:
            right = self.roots.pop()
            self.roots.append(node(self.roots.pop(), right))
            place //= 2

    @property
    def root(self):
        if not self.roots:
            return sha256(b"")
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node(left, root)
        return root


class Restore:
    def __init__(self, url, recovery_key):
        self.client = Client(url, derive(recovery_key, "recovery signing", b"", 32))
        self.xwing = XWing(derive(recovery_key, "recovery sealing", b"", 32))
        self.client.find_account()
        self.read_log()
        self.open_epochs()
        self.tree, self.leaves, self.authors, self.roots = Tree(), [], {}, {0: sha256(b"")}
        self.recent = [(0, sha256(b""))]
        self.read_history()

    def read_log(self):
        """Section 3.4. Keeps, for each head, the active devices and the newest epoch."""
        self.log, self.at_head = None, {}
        while found := self.client.log_entries(len(self.log.heads) if self.log else 0):
            for entry in found:
                if self.log:
                    self.log.append(entry)
                else:
                    self.log = account.Log(entry)
                self.at_head[self.log.heads[-1]] = self.log.active, len(self.log.epochs) - 1
        refuse_unless(self.log and self.log.account == self.client.account, "another account's log")
        refuse_unless(self.log.recovery == self.client.device, "not the account's recovery device")
        refuse_unless(self.log.checkpoint_key == self.client.checkpoint_key, "another relay's account")

    def open_epochs(self):
        """Sections 4.2 to 4.4: the newest wrap, and what links lead to from there."""
        self.secrets, number = {}, len(self.log.epochs) - 1
        waiting = [(number, self.open_wrap(number))]
        while waiting:
            number, secret = waiting.pop()
            if number in self.secrets:
                refuse_unless(self.secrets[number] == secret, "two secrets of an epoch")
                continue
            header, bound = self.log.epochs[number], self.bound(number)
            context = bound + number.to_bytes(8, "big")
            linked = [account.open_link(secret, context, *link) for link in header.links]
            refuse_unless(account.epoch_holds(header, bound, secret, linked), f"epoch {number}")
            self.secrets[number] = secret
            waiting += [(earlier, opened) for (earlier, _), opened in zip(header.links, linked)]
        self.epochs = {
            self.log.epochs[number].hash[:16]: records.Epoch(self.log.account, self.log.epochs[number].hash, secret)
            for number, secret in self.secrets.items()}

    def bound(self, number):
        return self.log.account if number else ZERO

    def open_wrap(self, number):
        header, wrap = self.log.epochs[number], self.client.wrap(number)
        refuse_unless(wrap and dict(header.wraps).get(self.client.device) == sha256(wrap), "the wrap of another")
        return account.open_wrap(wrap, header, self.bound(number), self.client.device, self.xwing)

    def read_history(self):
        """Section 6.3."""
        first = None
        while first is None or self.tree.size < first.size:
            page = self.client.history(self.tree.size, 1 << 16)
            checkpoint = page.checkpoint
            refuse_unless(account.is_checkpoint_of(checkpoint, self.log.account, self.log.checkpoint_key), "checkpoint")
            refuse_unless(checkpoint.head in self.at_head, "a head that is not in the log")
            first = first or checkpoint
            refuse_unless(page.batches or self.tree.size == first.size, "missing")
            for batch in page.batches:
                self.take(batch)
            if self.tree.size == checkpoint.size:
                refuse_unless(self.tree.root == checkpoint.root, "reordered")
            else:
                old, new, path = page.consistency
                refuse_unless((old, new) == (self.tree.size, checkpoint.size), "consistency")
                refuse_unless(consistency_holds(old, new, path, self.tree.root, checkpoint.root), "reordered")
        refuse_unless(first.size >= self.log.epochs[-1].tree_size, "rolledBack")
        for epoch in self.log.epochs:
            refuse_unless(self.roots.get(epoch.tree_size) == epoch.tree_root, "rule 10")

    def take(self, batch):
        """Section 5.4."""
        signed = batch.signed_batch
        refuse_unless(batch.first_leaf == self.tree.size, "the place of a batch")
        bundle = self.log.members.get(signed.device)
        refuse_unless(bundle and account.is_valid(
            bundle.signing_keys, signed.signature, "signed batch", self.log.account, signed.signed), "rule 1")
        active, number = self.at_head.get(signed.log_head, ((), 0))
        refuse_unless(signed.device in active and signed.device != self.log.recovery, "rule 2")
        counter, previous = self.authors.get(signed.device, (0, ZERO))
        refuse_unless(signed.counter > counter and signed.previous == previous, "rule 4")
        self.check_leaves(batch, signed, number)
        self.check_known_checkpoint(signed)
        leaf_indices = b"".join(leaf.to_bytes(8, "big") for leaf in batch.erasures)
        refuse_unless(labelled_hash("erasures", vector(leaf_indices)) == signed.erasures, "rule 8")
        refuse_unless(batch.erasures == sorted(set(batch.erasures)), "rule 8")
        refuse_unless(not batch.erasures or batch.erasures[-1] < self.tree.size, "rule 8")
        for leaf in batch.erasures:
            self.leaves[leaf] = None, True
        for leaf_hash, record in zip(batch.leaf_hashes, batch.records):
            self.tree.append(leaf_hash)
            self.roots[self.tree.size] = self.tree.root
            self.leaves.append((record, False))
        self.authors[signed.device] = signed.counter, signed.hash
        self.recent = (self.recent + [(self.tree.size, self.tree.root)])[-64:]

    def check_leaves(self, batch, signed, number):
        """Rules 3 and 5 to 7."""
        count = len(batch.leaf_hashes)
        refuse_unless(1 <= count <= 1000 and signed.leaf_count == count == len(batch.records), "rule 5")
        for leaf_hash, record in zip(batch.leaf_hashes, batch.records):
            if record is not None:
                refuse_unless(sha256(b"\0" + signed.leaf(record)) == leaf_hash, "a record is altered")
                refuse_unless(record[1:17] == self.log.epochs[number].hash[:16], "rule 7")
        tree = Tree()
        for leaf_hash in batch.leaf_hashes:
            tree.append(leaf_hash)
        refuse_unless(tree.root == signed.leaf_root, "rule 6")
        starts = [epoch.tree_size for epoch in self.log.epochs]
        end = starts[number + 1] if number + 1 < len(starts) else 1 << 63
        refuse_unless(starts[number] <= self.tree.size and self.tree.size + count <= end, "rule 3")

    def check_known_checkpoint(self, signed):
        known = signed.known_checkpoint
        if known is None:
            refuse_unless((0, self.roots[0]) in self.recent, "rule 9")
            return
        refuse_unless(account.is_checkpoint_of(known, self.log.account, self.log.checkpoint_key), "rule 9")
        refuse_unless((known.size, known.root) in self.recent, "rule 9")
        heads = self.log.heads
        refuse_unless(known.head in self.at_head and heads.index(known.head) <= heads.index(signed.log_head), "rule 9")

    def entries(self):
        """Each record that is there, opened; section 5.2."""
        for leaf, (record, is_erased) in enumerate(self.leaves):
            refuse_unless(record is not None or is_erased, f"missing: {leaf}")
            if record is not None:
                epoch = self.epochs.get(records.parse(record).epoch)
                refuse_unless(epoch, f"no secret for leaf {leaf}")
                yield leaf, records.open_record(record, epoch)


def line(data):
    """What a record says, for people; None if it is no message."""
    shown = messages.archive_entry(data)
    if shown["type"] != "message":
        return None
    return {"sentAt": int(shown["sent_at"]), "sender": shown["sender"], "text": shown["text"], "body": shown["body"]}


def main(url, path):
    secret, _ = writtencode.read("recovery key", pathlib.Path(path).read_text().strip())
    try:
        restore = Restore(url, secret)
        shown = [line(data) for _, data in restore.entries()]
    except (Refused, RelayProblem) as reason:
        print(f"refused: {reason}", file=sys.stderr)
        return 1
    found = sorted((item for item in shown if item), key=lambda item: item["sentAt"])
    for item in found:
        print(json.dumps(item, ensure_ascii=False, sort_keys=True))
    print(f"{restore.tree.size} records of {len(restore.authors)} devices, {len(restore.secrets)} epochs, "
          f"{len(restore.log.heads)} log entries", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
