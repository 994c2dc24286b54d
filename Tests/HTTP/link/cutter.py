"""Passes requests on to a relay, and cuts connections where it is told: cutter.py HOST PORT

It says at which port of 127.0.0.1 it listens, and then answers each line of its standard input by one line of JSON:
  arm N PLACE once|on [PATH]
                       cuts the N-th request from now (whose path begins so), or that one and all that follow. PLACE:
                         before   before the relay sees any of it
                         inside   in its middle
                         after    when the relay has answered, and before the device sees any of it
                         answer   in the middle of the answer
  disarm               cuts no more
  requests             what was asked since: method and path of each request, with the bytes of head and body, both ways
"""
import json
import socket
import struct
import sys
import threading


class Plan:
    """Which requests are cut, and which came."""

    def __init__(self):
        self.lock = threading.Lock()
        self.number, self.place, self.goes_on, self.path = 0, None, False, "/"
        self.requests = []
        self.count = 0

    def place_of_next(self, head):
        with self.lock:
            if not head.split(b" ", 2)[1].startswith(self.path.encode()):
                return None
            self.count += 1
            is_meant = self.place and (self.count == self.number or self.goes_on and self.count > self.number)
            return self.place if is_meant else None

    def note(self, head, body, answer_head, answer_body):
        with self.lock:
            method, target = head.split(b" ", 2)[:2]
            status = int(answer_head.split(b" ", 2)[1]) if answer_head else 0
            self.requests.append({
                "request": f"{method.decode()} {target.decode().split('?')[0]}", "status": status,
                "up": [len(head), len(body)], "down": [len(answer_head), len(answer_body)]})

    def obey(self, words):
        with self.lock:
            if words[0] == "arm":
                self.number, self.place, self.goes_on, self.count = int(words[1]), words[2], words[3] == "on", 0
                self.path = words[4] if len(words) > 4 else "/"
            elif words[0] == "disarm":
                self.place = None
            elif words[0] == "requests":
                requests, self.requests = self.requests, []
                return requests
            return {}


class Stream:
    """Reads messages of HTTP/1.1 from a socket."""

    def __init__(self, socket):
        self.socket, self.bytes = socket, b""

    def fill(self):
        more = self.socket.recv(1 << 16)
        if not more:
            raise EOFError
        self.bytes += more

    def take(self, count):
        while len(self.bytes) < count:
            self.fill()
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def line(self):
        while b"\r\n" not in self.bytes:
            self.fill()
        return self.take(self.bytes.index(b"\r\n") + 2)

    def message(self, is_bodiless=False):
        """The bytes of a head and of a body."""
        while b"\r\n\r\n" not in self.bytes:
            self.fill()
        head = self.take(self.bytes.index(b"\r\n\r\n") + 4)
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
        if is_bodiless or head.split(b" ", 2)[1] in (b"204", b"304"):
            return head, b""
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            return head, self.chunks()
        return head, self.take(int(fields.get(b"content-length", b"0")))

    def chunks(self):
        body = b""
        while True:
            line = self.line()
            size = int(line.split(b";")[0], 16)
            body += line + self.take(size + 2)
            if size == 0:
                return body


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def pass_on(plan, device, relay):
    """Passes one request on, and its answer back. Returns whether the connection stays."""
    head, body = device.message()
    place = plan.place_of_next(head)
    if place == "before":
        reset(device.socket)
        return False
    whole = head + body
    if place == "inside":
        # Half of the body; of a request without one, half of the head.
        relay.socket.sendall(whole[:len(head) + len(body) // 2] if body else whole[:len(head) // 2])
        return False
    relay.socket.sendall(whole)
    answer_head, answer_body = relay.message(is_bodiless=head.startswith(b"HEAD"))
    plan.note(head, body, answer_head, answer_body)
    if place == "after":
        reset(device.socket)
        return False
    answer = answer_head + answer_body
    if place == "answer":
        device.socket.sendall(answer[:len(answer_head) + len(answer_body) // 2] if answer_body else answer[:20])
        return False
    device.socket.sendall(answer)
    return True


def serve(plan, connection, origin):
    try:
        relay = socket.create_connection(origin)
    except OSError:
        return reset(connection)
    for each in (connection, relay):
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        streams = Stream(connection), Stream(relay)
        while pass_on(plan, *streams):
            pass
    except (EOFError, OSError):
        pass
    finally:
        connection.close()
        relay.close()


def accept(plan, listener, origin):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(plan, connection, origin), daemon=True).start()


def main():
    plan = Plan()
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    origin = (sys.argv[1], int(sys.argv[2]))
    threading.Thread(target=accept, args=(plan, listener, origin), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    for line in sys.stdin:
        print(json.dumps(plan.obey(line.split())), flush=True)


main()
