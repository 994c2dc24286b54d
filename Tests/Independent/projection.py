"""A log in part: SPEC.md section 3.8."""
from account import Membership
from primitives import refuse_unless
from structures import Entry, HeaderPublicPart, ProjectedEntry, Reader, version

UNSIGNED = (Entry.ROTATE, Entry.EPOCH, Entry.UPDATE)


class ProjectedLog(Membership):
    """The entries without their parts; those that change no membership without their signatures."""

    def check_signers(self, entry):
        if entry.type in UNSIGNED:
            refuse_unless(not entry.signatures, "wrongSigners")
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


def verify(data, account, head):
    """What the projection shows of the account, if it is one of the log with this head, and its newest inbox key."""
    named, entries, epoch = read(data)
    refuse_unless(entries, "misplacedCreate")
    log = ProjectedLog(entries[0])
    refuse_unless(log.account == named == account, "account")
    for entry in entries[1:]:
        log.append(entry)
    refuse_unless(log.heads[-1] == head, "head")
    newest = [entry.epoch_hash for entry in entries if entry.epoch_hash][-1]
    refuse_unless(epoch.hash == newest, "wrongPart")
    return log, epoch.inbox_key
