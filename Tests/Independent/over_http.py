"""An account that `letterlock` makes at a served relay, read by this implementation with the recovery key alone, and a scan of
what the relay keeps, logs, counts and sends: python over_http.py FOLDER_OF_THE_COMMANDS"""
import base64
import contextlib
import io
import json
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading

import httpfields
import restore
import verify
import writtencode
from client import RelayProblem
from primitives import Refused
from specification import SPECIFICATION
from structures import derive

PEOPLE = [(f"+1555019{4000 + number}", f"Marguerite Oldcastle {number}") for number in range(4)]


class Served:
    """A real `letterlock-relay`, with what it writes."""

    def __init__(self, commands, folder, store="server.sqlite"):
        self.log, self.admin = open(folder / "server.log", "wb"), folder / "admin"
        self.process = subprocess.Popen(
            [commands / "letterlock-relay", "serve", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder / store}",
             "--admin", f"unix:{self.admin}"],
            stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        assert line.startswith("Listening on "), line
        self.url = line.removeprefix("Listening on ").strip()

    def page(self, path):
        """What an operator reads."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(self.admin))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:100]
        return answer

    def stop(self):
        self.process.terminate()
        rest = self.process.stdout.read()
        assert self.process.wait(30) == 0
        self.log.write(rest)
        self.log.close()


class Wire:
    """Passes connections on to a relay, and keeps every byte."""

    def __init__(self, url):
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.target, self.bytes, self.lock = (host, int(port)), bytearray(), threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.copy, args=pair, daemon=True).start()

    def copy(self, source, sink):
        # One connection's bytes stay together, so that nothing is cut in two.
        kept = bytearray()
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                kept += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        with self.lock:
            self.bytes += kept

    def close(self):
        self.listener.close()


def write_history(path, start, count, secrets):
    """A file in the manner of SMS Backup & Restore."""
    words, lines = random.Random(start), []
    for number in range(start, start + count):
        address, name = PEOPLE[number % len(PEOPLE)]
        text = f"Telephone text {number}: tomatoes and basil, \"Grüße\" {words.getrandbits(64)}"
        secrets[text] = text.encode()
        quoted = text.replace("&", "&amp;").replace('"', "&quot;")
        lines.append(f'<sms protocol="0" address="{address}" date="{1767000000000 + number * 60000}" '
                     f'type="{1 + number % 2}" subject="null" body="{quoted}" contact_name="{name}" read="1" />')
    picture = words.randbytes(3000)
    secrets["a picture"] = picture[500:540]
    lines.append(
        f'<mms date="{1767000000000 + start * 60000 + 1}" msg_box="1" address="{PEOPLE[0][0]}" '
        f'contact_name="{PEOPLE[0][1]}" m_type="132"><parts><part seq="0" ct="image/jpeg" '
        f'cl="holiday-picture-{start}.jpg" data="{base64.b64encode(picture).decode()}" /></parts>'
        f'<addrs><addr address="{PEOPLE[0][0]}" type="137" /></addrs></mms>')
    secrets[f"picture {start}"] = f"holiday-picture-{start}.jpg".encode()
    for address, name in PEOPLE:
        secrets[address], secrets[name] = address[1:].encode(), name.encode()
    path.write_text("<?xml version='1.0' encoding='UTF-8'?>\n<smses>\n" + "\n".join(lines) + "\n</smses>\n")


def forms(secret):
    """How bytes can stand somewhere: as they are, in UTF-16, in hexadecimal digits, in base64 at each of three places."""
    yield secret
    with contextlib.suppress(UnicodeDecodeError):
        yield secret.decode().encode("utf-16-le")
    yield secret.hex().encode()
    for shift in range(3):
        sure = (shift + len(secret)) * 8 // 6
        yield base64.b64encode(bytes(shift) + secret)[:sure][(shift * 8 + 5) // 6:]


def scan(places, secrets):
    """Every secret that stands somewhere, and where."""
    for place, data in places.items():
        for name, secret in secrets.items():
            assert len(secret) >= 8, name
            if any(form in data for form in forms(secret)):
                yield f"{name!r} in {place}"


class Home:
    """Archives of the `letterlock` command, which reach the relay through a wire."""

    def __init__(self, commands, folder, url):
        self.tool, self.folder, self.url = commands / "letterlock", folder, url

    def run(self, *arguments):
        done = subprocess.run([self.tool, *map(str, arguments)], cwd=self.folder, capture_output=True, timeout=300,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, (arguments, done.stdout.decode(), done.stderr.decode())
        return done.stdout.decode()

    def make(self, secrets):
        """Two devices, three epochs or more, messages before and after a device was removed."""
        write_history(self.folder / "one.xml", 0, 60, secrets)
        write_history(self.folder / "two.xml", 100, 30, secrets)
        self.run("init", "A", "--relay", self.url, "--name", "Marguerite's telephone", "--recovery-key-file", "key")
        self.run("import", "one.xml", "--archive", "A")
        self.run("sync", "A")
        code = self.run("join", "B", "--relay", self.url, "--name", "Oldcastle's computer").splitlines()[0]
        self.run("device", "add", "A", code)
        self.run("sync", "B")
        self.run("import", "two.xml", "--archive", "B")
        photo = random.Random(7).randbytes(200_000)
        (self.folder / "Oldcastle at the pond.jpeg").write_bytes(photo)
        self.run("attachment", "add", "B", "Oldcastle at the pond.jpeg")
        secrets["a file's name"] = b"Oldcastle at the pond"
        secrets |= {f"byte {start} of the file": photo[start:start + 16] for start in range(0, len(photo) - 16, 10_000)}
        self.run("sync", "B")
        self.run("sync", "A")
        for name in ("Marguerite's telephone", "Oldcastle's computer"):
            secrets[name] = name.encode()
        secrets["the join code"] = code.encode()

    def exported(self):
        self.run("export", "A", "--format", "json", "--output", "all.json", "--force")
        lines = (self.folder / "all.json").read_text().splitlines()
        return sorted((item.get("sender", ""), item.get("text", "")) for item in map(json.loads, lines))

    def keys(self):
        """What the key files of both devices hold, and the recovery key."""
        text = (self.folder / "key").read_text().strip()
        secret, _ = writtencode.read("recovery key", text)
        found = {"the recovery key as text": text.encode(), "the recovery key": secret}
        for purpose in ("recovery signing", "recovery sealing"):
            found[purpose] = derive(secret, purpose, b"", 32)
        for device in "AB":
            _, secrets, _ = verify.open_key_file((self.folder / device / "device/keys").read_bytes(), "")
            assert len(secrets) >= 96
            for start in range(0, len(secrets) - 15, 16):
                found[f"secret {start} of {device}"] = secrets[start:start + 16]
        return secret, {name: value for name, value in found.items() if any(value)}


def read_events(client, wanted):
    """The beginning of a stream of events."""
    request = httpfields.Request("GET", "/v1/events", None, [], b"")
    signed = httpfields.signed(request, client.keys, client.sign, client.checkpoint_key, client.challenge, client.account)
    client.connection.request("GET", "/v1/events", None, dict(signed.fields))
    answer = client.connection.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
    stream = b""
    while stream.count(b"\n\n") < wanted:
        stream += answer.readline()
    client.connection.close()
    return stream


def printed(url, key):
    """What restore.py prints, as its messages, and its exit code."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        code = restore.main(url, key)
    return code, sorted((item["sender"], item["text"]) for item in map(json.loads, output.getvalue().splitlines()))


def tampered(url, secret, change):
    """The reason for which a restore refuses what a relay, or somebody on the way, has changed."""
    class Tampering(restore.Client):
        def send(self, request):
            return change(request, super().send(request))
    honest, restore.Client = restore.Client, Tampering
    try:
        list(restore.Restore(url, secret).entries())
        return None
    except (Refused, RelayProblem, AssertionError) as reason:
        return reason
    finally:
        restore.Client = honest


def flip(path, place):
    """Changes a bit of the answers of a path."""
    def change(request, body):
        if request.path != path:
            return body
        index = place % len(body)
        return body[:index] + bytes([body[index] ^ 1]) + body[index + 1:]
    return change


def check_tampering(url, secret):
    places = [("/v1/log", place) for place in (40, 4000, 9000, 20000)]
    places += [("/v1/history", place) for place in (20, 150, 700, 5000, -20, -150)] + [("/v1/wrap", 500), ("/v1/recovery", 5)]
    for path, place in places:
        assert tampered(url, secret, flip(path, place)), f"{path}, changed at {place}, was taken"
    return len(places)


def field_names(data):
    """The names of the fields of every request that went over a wire."""
    heads = re.findall(rb"(?:GET|PUT|POST|PATCH|DELETE) /v1/[^\r\n]* HTTP/1.1\r\n((?:[A-Za-z-]+:[^\r\n]*\r\n)+)\r\n", data)
    assert len(heads) > 20
    return {line.split(b":")[0].decode().lower() for head in heads for line in head.split(b"\r\n")[:-1]}


def named_fields():
    """The fields that section 9 says a relay sees."""
    section = SPECIFICATION.read_text().split("\n## 9 ")[1].split("\n## 10 ")[0]
    rows = re.findall(r"\n\| (fields? [^|]*) \|", section)
    return {name.lower() for row in rows for name in re.findall(r"`([A-Za-z-]+)`", row)}


def main(commands):
    commands = pathlib.Path(commands).resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        served = Served(commands, folder)
        wire, secrets = Wire(served.url), {}
        home = Home(commands, folder, wire.url)
        home.make(secrets)
        secret, keys = home.keys()
        code, shown = printed(served.url, folder / "key")
        assert code == 0 and shown == home.exported() and len(shown) == 93, (code, len(shown))
        read = restore.Restore(wire.url, secret)
        secrets |= keys | {f"the secret of epoch {number}": value for number, value in read.secrets.items()}
        stream = read_events(read.client, 2)
        assert f"data: history {read.tree.size}\n".encode() in stream
        count = check_tampering(served.url, secret)
        (folder / "wrong").write_text(writtencode_of(bytes(32)))
        assert printed(served.url, folder / "wrong") == (1, [])
        told = {f"the page {path}": served.page(path) for path in ("/metrics", "/health", "/ready")}
        assert len(told["the page /metrics"]) > 2_000, told
        served.stop()
        wire.close()
        places = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
                  if path.is_file() and path.relative_to(folder).parts[0].startswith("server.")}
        told["the log"] = places["server.log"]
        for name, member in (("the account", read.client.account), ("the recovery device", read.client.device)):
            assert not any(form in data for form in forms(member) for data in told.values()), f"{name} is told"
        places |= {"the wire": bytes(wire.bytes), "the events": stream} | told
        stored = sum(len(data) for name, data in places.items() if name.startswith("server.sqlite"))
        assert stored > 250_000 and len(places["the wire"]) > 50_000, {name: len(data) for name, data in places.items()}
        check_scan(places, secrets)
        unnamed = field_names(places["the wire"]) - named_fields()
        assert not unnamed, f"section 9 does not name the fields {sorted(unnamed)}"
    print(f"{len(shown)} messages restored over HTTP, {count} changes refused, {len(secrets)} secrets nowhere in "
          f"{sum(map(len, places.values()))} bytes")


def check_scan(places, secrets):
    """Nothing is found, and a scan of what is there finds it."""
    found = list(scan(places, secrets))
    assert not found, found
    for name, secret in secrets.items():
        for form in forms(secret):
            assert list(scan({"here": b"\0\1" + form + b"\2"}, {name: secret})), name


def writtencode_of(secret):
    """A recovery key's characters (section 8.3)."""
    number = int.from_bytes(secret, "big") << 4
    word = [number >> 5 * place & 31 for place in range(51, -1, -1)]
    constant = writtencode.key([writtencode.VALUES[c] for c in writtencode.CONSTANTS["recovery key"]])
    rest = writtencode.key(writtencode.remainder(word + [0] * 13)) ^ constant
    word += [rest >> 5 * place & 31 for place in range(12, -1, -1)]
    return "".join(writtencode.ALPHABET[value] for value in word)


if __name__ == "__main__":
    main(*sys.argv[1:])
