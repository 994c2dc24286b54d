"""Archives of one account, each used by the `letterlock` command on the device's machine."""
import json
import os
import re
import subprocess
import tempfile


class Failed(Exception):
    pass


def bytes_read(pid):
    """How many bytes a process has read, from files and connections, in whatever cache they were."""
    with open(f"/proc/{pid}/io") as counts:
        return int(re.search(r"rchar: (\d+)", counts.read()).group(1))


class Account:
    """The archives A, B and C of one account in a folder: a first device, one that joins, and one that is restored."""

    def __init__(self, folder, command, url):
        self.folder, self.url, self.command = folder, url, command
        self.bytes_read = 0  # by the last command
        self.again = 0  # commands that were run again after a cut
        self.disarm = lambda: None

    def once(self, *words):
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                self.command(*words), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            self.bytes_read = bytes_read(process.pid)
            process.wait()
            output.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(words, process.returncode, output.read(), errors.read())

    def run(self, *words, again=None):
        """Runs a command, and the same one once more, uncut, if it says that it failed."""
        done = self.once(*words)
        if done.returncode:
            self.disarm()
            self.again += 1
            first, done = done, self.once(*(again or words))
            if done.returncode:
                raise Failed(
                    f"letterlock {' '.join(words)}: {first.stderr.strip()[-300:]} | again: {done.stderr.strip()[-300:]}")
        return done.stdout

    def make(self):
        self.run("init", "A", "--relay", self.url, "--recovery-key-file", "key")

    def fill(self, source):
        self.run("import", source, "--archive", "A")

    def sync(self, archive):
        self.run("sync", archive)

    def ask_to_join(self):
        return self.run("join", "B", "--relay", self.url).split()[0]

    def approve(self, code):
        self.run("device", "add", "A", code)

    def restore(self):
        listed = json.loads(self.run("device", "list", "A", "--json"))["devices"]
        keep = [word for each in listed if each["active"] and each["role"] != "recovery key"
                for word in ("--keep", each["id"])]
        self.run("restore", "C", "--relay", self.url, "--recovery-key-file", "key", *keep)

    def verify(self, archive):
        said = self.run("verify", archive)
        if ": 0 failed." not in said:
            raise Failed(f"letterlock verify {archive}: {said}")

    def exported(self, archive):
        """The messages of an archive, in one order for all devices."""
        lines = self.run("export", archive, "--format", "json", "--output", "-").splitlines()
        return sorted(lines)

    def check(self, count, *archives):
        """Every device has every message once, and the same ones."""
        first = self.exported(archives[0])
        texts = [json.loads(line)["text"] for line in first]
        if len(texts) != count or len(set(texts)) != count:
            raise Failed(f"{len(texts)} messages, {len(set(texts))} different ones, in place of {count}")
        for archive in archives:
            if self.exported(archive) != first:
                raise Failed(f"{archive} and {archives[0]} differ")
            self.verify(archive)
