"""What Tests/HTTP/slow-link does, one function for each of its parts."""
import concurrent.futures
import json
import shutil
import subprocess
import sys

import history
from archives import Account, Failed
from relay import Measured, Relay


def say(*words):
    print(*words, flush=True)


def show(rows):
    say(f"{'step':26}{'seconds':>9}{'conn.':>6}{'requests':>9}{'trips':>7}{'IP bytes up':>13}{'down':>11}"
        f"{'TCP bytes up':>14}{'down':>11}{'lost':>6}")
    for row in rows:
        up, down = row["up"], row["down"]
        say(f"{row['step']:26}{row['seconds']:9.2f}{row['connections']:6}{row['requests']:9}{row['round_trips']:7}"
            f"{up['bytes']:13,}{down['bytes']:11,}{up['payload']:14,}{down['payload']:11,}"
            f"{up['lost'] + down['lost']:6}")
        say("   " + ", ".join(f"{name} {count}" for name, count in row["operations"].items()))


def letterlock(machine, options):
    return lambda *words: machine.command(options.commands / "letterlock", *words)


class Measurer:
    """Runs steps, and keeps what each has cost."""

    def __init__(self, network, relay):
        self.network, self.relay, self.rows = network, relay, []

    def __call__(self, name, body):
        with Measured(self.network, self.relay) as measured:
            answer = body()
        self.rows.append(measured.row(name))
        return answer


def tour(network, folder, options):
    """A first device that imports, a second that joins, and a third that is restored, all behind the link."""
    relay = Relay(network, options.commands, folder)
    try:
        account = Account(folder, letterlock(network.device, options), relay.url)
        source, count = options.history, None
        if source is None:
            source, count = folder / "sms.xml", options.messages
            history.write(source, count)
        measure = Measurer(network, relay)
        measure("init", account.make)
        measure("import", lambda: account.fill(source.resolve()))
        measure("sync, nothing new", lambda: account.sync("A"))
        code = measure("join: a code", account.ask_to_join)
        measure("device add", lambda: account.approve(code))
        measure("sync of the second device", lambda: account.sync("B"))
        measure("device list, restore", account.restore)
        for archive in "AB":
            measure(f"sync of {archive}", lambda archive=archive: account.sync(archive))
        show(measure.rows)
        account.check(count, "A", "B", "C")
        say("A, B and C hold the same messages, each once; verify: 0 failed. "
            f"{account.again} commands were run again.")
        return measure.rows
    finally:
        relay.end()


class Cutter:
    """cutter.py on the device's machine."""

    def __init__(self, network, relay):
        self.process = subprocess.Popen(
            network.device.command(
                sys.executable, str(history.HERE / "cutter.py"), network.server_address, relay.port),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def ask(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


PLACES = ["before", "inside", "after", "answer"]
MESSAGES, FILES = 40, 2


def small_tour(folder, options, network, cutter, plan):
    """The whole tour of a new account, with one cut. Returns the account, and how many requests there were."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    account = Account(folder, letterlock(network.device, options), cutter.url)
    account.disarm = lambda: cutter.ask("disarm")
    cutter.ask("requests")
    cutter.ask(plan)
    account.make()
    account.fill(folder.parent / "sms.xml")
    account.sync("A")
    code = account.ask_to_join()
    account.approve(code)
    account.sync("B")
    account.restore()
    account.sync("A")
    account.sync("B")
    cutter.ask("disarm")
    account.check(MESSAGES + FILES, "A", "B", "C")
    return account, len(cutter.ask("requests"))


def cuts(network, folder, options):
    """The tour, cut at each request and place for good, and once. Several tours at a time, each with its own account."""
    relay = Relay(network, options.commands, folder)
    workers = [Cutter(network, relay) for _ in range(options.at_once)]
    free = list(workers)
    try:
        history.write(folder / "sms.xml", MESSAGES, files=FILES)
        # What `check` asks for is not cut, but counted: the plan ends where a cut never came.
        _, requests = small_tour(folder / "whole", options, network, workers[0], "disarm")
        plans = [
            f"arm {number} {place} {kind}" for number in range(1, requests + 1, options.every)
            for place, kind in [*((place, "on") for place in PLACES), (PLACES[number % 4], "once")]]

        def attempt(index):
            cutter = free.pop()
            try:
                account, _ = small_tour(folder / f"cut{index}", options, network, cutter, plans[index])
                return account.again, None
            except (Failed, subprocess.TimeoutExpired, ValueError, IndexError, KeyError) as failure:
                return 0, f"{plans[index]}: {failure}"
            finally:
                shutil.rmtree(folder / f"cut{index}", ignore_errors=True)
                free.append(cutter)

        with concurrent.futures.ThreadPoolExecutor(len(workers)) as pool:
            outcomes = list(pool.map(attempt, range(len(plans))))
        failures = [text for _, text in outcomes if text]
        again = sum(count for count, _ in outcomes)
        say(f"cuts: {requests} requests in the tour; {len(plans)} tours, each cut at one; {again} commands said that they "
            f"failed and were run again; {len(failures)} tours did not end complete")
        for text in failures[:40]:
            say("  " + text)
        figures = {"requests": requests, "tours": len(plans), "again": again, "failures": failures}
        if failures:
            options.failed = True
        return figures
    finally:
        for cutter in workers:
            cutter.end()
        relay.end()


def archive(network, folder, options):
    """A large archive: it is filled by way of the relay's file, and then used behind the link."""
    relay = Relay(network, options.commands, folder)
    cutter = Cutter(network, relay)
    try:
        near = Account(folder, letterlock(network.server, options), str(relay.file))
        far = Account(folder, letterlock(network.device, options), cutter.url)
        history.write(folder / "sms.xml", options.archive)
        near.make()
        near.fill(folder / "sms.xml")
        (folder / "sms.xml").unlink()
        measure = Measurer(network, relay)
        newest(measure, cutter, near, far)
        # Both devices have everything before the one message is sent.
        near.run("sync", "B", "--relay", near.url)
        near.run("sync", "A")
        for each in "BA":
            far.run("sync", each, "--relay", cutter.url)
        one_message(measure, cutter, far, folder, options)
        show(measure.rows)
        for row in measure.rows:
            say(f"{row['step']}: heads {row['heads']}, bodies {row['bodies']} bytes up and down; read from files: "
                f"{row['device_read']:,} bytes by the device's command, {row['relay_read']:,} by the relay; the relay's "
                f"time: {row['relay_seconds']}")
        return measure.rows
    finally:
        cutter.end()
        relay.end()


def measured(measure, cutter, account, name, *words):
    """A command, with the bytes of its requests and what was read from files."""
    cutter.ask("requests")
    before = measure.relay.bytes_read()
    said = measure(name, lambda: account.run(*words))
    row = measure.rows[-1]
    row["relay_read"] = measure.relay.bytes_read() - before
    row["device_read"] = account.bytes_read
    row["detail"] = cutter.ask("requests")
    row["heads"] = [sum(each[way][0] for each in row["detail"]) for way in ("up", "down")]
    row["bodies"] = [sum(each[way][1] for each in row["detail"]) for way in ("up", "down")]
    return said


def newest(measure, cutter, near, far):
    """The newest 50 of one conversation, on a device that has joined and has nothing of the history yet."""
    code = far.ask_to_join()
    near.approve(code)
    # Joining goes on with the history, which is cut.
    cutter.ask("arm 1 before on /v1/history")
    far.once("sync", "B")
    cutter.ask("disarm")
    rows = json.loads(near.run("conversations", "A", "--json"))["conversations"]
    conversation = rows[0]["id"]
    for name in ("newest 50", "newest 50, once more"):
        said = measured(measure, cutter, far, name, "show", "B", conversation, "--newest", "50", "--json")
        if len(json.loads(said)["messages"]) < 50:
            raise Failed(f"{len(json.loads(said)['messages'])} messages in place of 50")
    measured(measure, cutter, far, "newest 50, by its title", "show", "B", rows[0]["title"], "--newest", "50", "--json")


def one_message(measure, cutter, far, folder, options):
    """One new message of a device, and another device that fetches it."""
    for number in range(2):
        source = folder / f"one{number}.xml"
        history.write(source, 1, seed=number, first=options.archive + number)
        measured(measure, cutter, far, "one message, import on A", "import", source, "--archive", "A")
        measured(measure, cutter, far, "one message, sync on B", "sync", "B")
        measured(measure, cutter, far, "nothing new, sync on B", "sync", "B")
