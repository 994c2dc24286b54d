"""A log in part: SPEC.md section 3.8."""
from account import Membership
from primitives import refuse_unless
from structures import Entry, HeaderPublicPart, ProjectedEntry, Reader, version

UNSIGNED = (Entry.ROTATE, Entry.EPOCH, Entry.UPDATE)


class ProjectedLog(Membership):
    """The entries without their parts; those that change no membership without their signatures."""

    def check_signers(self, entry):
        if entry.type in UNSIGNED:
            refuse_unless(not entry.signatures, "needlessSignatures")
        else:
            super().check_signers(entry)


def read(data):
    reader = Reader(data)
    version(reader)
    account, entries = reader.fixed(32), Reader(reader.opaque())
    found = []
    while not entries.is_at_end:
        found.append(ProjectedEntry(entries))
    epoch = HeaderPublicPart(reader.fixed(HeaderPublicPart.SIZE))
    reader.finish()
    return account, found, epoch


def verify(data, head, account=None):
    """The members and the newest inbox key of the log with this head, and of this account if the verifier knows it."""
    named, entries, epoch = read(data)
    refuse_unless(entries, "misplacedCreate")
    log = ProjectedLog(entries[0])
    refuse_unless(log.account == named == (account or named), "wrongAccount")
    for entry in entries[1:]:
        log.append(entry)
    refuse_unless(log.heads[-1] == head, "otherHead")
    newest = [entry.epoch_hash for entry in entries if entry.epoch_hash][-1]
    refuse_unless(epoch.hash == newest, "otherEpoch")
    return log, epoch.inbox_key
