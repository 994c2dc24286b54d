"""Two machines: network namespaces that a slow and lossy link joins (link.c)."""
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent


class Untestable(Exception):
    """This machine makes no namespaces, no TUN device, or compiles no C."""


class Machine:
    """A network namespace, which lasts as long as the process that was started in it."""

    def __init__(self):
        self.keeper = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo here; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.keeper.stdout.readline() != "here\n":
            raise Untestable("no network namespace: " + self.keeper.stderr.read().strip())

    def command(self, *words):
        """The command that runs another one on this machine."""
        return ["nsenter", "--target", str(self.keeper.pid), "--net", *map(str, words)]

    def end(self):
        self.keeper.stdin.close()
        self.keeper.wait()


class Network:
    """A device's machine, a server's machine at 10.77.0.2, and the link between them."""
    server_address = "10.77.0.2"

    def __init__(self, work, seed, delay=25, kilobits=10_000, loss=10, queue=131_072):
        program = pathlib.Path(work) / "link"
        built = subprocess.run(
            [os.environ.get("LINK_CC", "cc"), "-O2", "-o", program, HERE / "link.c"], capture_output=True, text=True)
        if built.returncode:
            raise Untestable("link.c is not compiled: " + built.stderr.strip())
        if not os.path.exists("/dev/net/tun"):
            raise Untestable("there is no /dev/net/tun")
        self.device, self.server = Machine(), Machine()
        self.link = subprocess.Popen(
            [program, *map(str, (self.device.keeper.pid, self.server.keeper.pid, delay, kilobits, loss, queue, seed))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.link.stdout.readline() != "ready\n":
            raise Untestable(self.link.stderr.read().strip())

    def ask(self, word):
        self.link.stdin.write(word + "\n")
        self.link.stdin.flush()
        return json.loads(self.link.stdout.readline())

    def counts(self):
        """What has passed since this was asked before, each way."""
        return self.ask("counts")

    def end(self):
        self.link.stdin.close()
        self.link.wait()
        self.device.end()
        self.server.end()
