"""A relay that is served on the server's machine, and what it measures."""
import re
import socket
import subprocess
import time

from archives import bytes_read

SAMPLE = re.compile(r"^letterlock_relay_(\w+?)(?:\{(.*)\})? (\S+)$", re.M)


class Relay:
    def __init__(self, network, commands, folder):
        self.admin, self.file = folder / "admin", folder / "relay.sqlite"
        self.log = open(folder / "relay.log", "w")
        self.process = subprocess.Popen(
            network.server.command(
                commands / "letterlock-relay", "serve", "--listen", f"{network.server_address}:0",
                "--store", f"sqlite:{self.file}", "--admin", f"unix:{self.admin}",
                # No limit of an address holds for it: all accounts come from one.
                "--trusted-proxies", "10.77.0.1"),
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if line.startswith("Listening on http://"):
                break
        else:
            raise RuntimeError("the relay does not start: " + open(folder / "relay.log").read())
        self.url = line.split()[2]
        self.port = int(self.url.rsplit(":", 1)[1])

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def bytes_read(self):
        return bytes_read(self.process.pid)

    def metrics(self):
        """Requests and seconds by operation, and bytes over connections."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.admin))
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")
            text = b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()
        found = {}
        for name, labels, value in SAMPLE.findall(text):
            operation = dict(re.findall(r'(\w+)="([^"]*)"', labels)).get("operation", "")
            if name in ("requests_total", "request_duration_seconds_sum", "received_bytes_total", "sent_bytes_total"):
                found[name, operation] = found.get((name, operation), 0) + float(value)
        return found


class Measured:
    """What one step costs: its time, what passed over the link, and what the relay did.

    A round trip is a time that the device began to send and the relay answered, or a connection that was opened."""

    def __init__(self, network, relay):
        self.network, self.relay = network, relay

    def __enter__(self):
        self.network.counts()
        self.before, self.start = self.relay.metrics(), time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.start
        after = self.relay.metrics()
        change = {key: after[key] - self.before.get(key, 0) for key in after}
        counts = self.network.counts()
        self.up, self.down = counts["up"], counts["down"]
        self.connections = self.up["opened"]
        self.round_trips = self.up["turns"]
        self.operations = {
            operation: int(count) for (name, operation), count in sorted(change.items())
            if name == "requests_total" and count}
        self.relay_seconds = {
            operation: round(change["request_duration_seconds_sum", operation], 6) for operation in self.operations}

    def row(self, name):
        return {
            "step": name, "seconds": round(self.seconds, 2), "connections": self.connections,
            "round_trips": self.round_trips, "requests": sum(self.operations.values()), "operations": self.operations,
            "relay_seconds": self.relay_seconds, "up": self.up, "down": self.down}
