"""`hanotify serve` with a fault in one of its system calls: the steady state, and the way out."""

import collections
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from tracing import Attached, calls_of

# How long anybody waits for anything: a second after this is a hang.
PATIENCE = 5
# What a server does after its last reply, it has done after this time.
SETTLED = 0.05
# The server looks once a second whether its socket is there.
LOOKS, LOOKED = ("statx", "newfstatat"), 1.3
LEFT = "its socket is left, without a word"
# Where the calls of `write` go, each by itself: an error of one is not one of the other.
STREAMS = ("events", "log")


def message(number):
    router = f"00000000-0000-4000-8000-{number:012x}"
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Neutron-Router-Id: {router}\r\nX-Neutron-State: primary\r\n\r\n"
    return router, head.encode()


class Server:
    def __init__(self, program, folder):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "socket"
        command = [program, "serve", "--socket", self.path, "--format", "json", "--drain-time", "1s"]
        command += ["--total-time", "3s"]
        with open(self.folder / "events", "w") as events, open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=events, stderr=log)
        until = time.monotonic() + 20
        while "listening" not in self.read("events"):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server doesn't start: {self.read('log')}")
            time.sleep(0.005)
        # The line comes before the last descriptor is there, and an answer after it.
        ask(self.path, [message(0)[1]])

    def read(self, name):
        return (self.folder / name).read_text(errors="replace")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def is_alive(self):
        return self.process.poll() is None

    def end(self):
        """Tells whether it has ended by itself in time."""
        try:
            self.process.wait(PATIENCE)
            return True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False


def ask(path, parts, pause=0.0, patience=PATIENCE):
    """What a sender of these parts gets: the status, `closed` without a reply, `refused` by the kernel, or `hung`."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(patience)
        try:
            client.connect(str(path))
        except socket.timeout:
            return "hung"
        except OSError:
            return "refused"
        # Whoever is answered before all is sent may find the connection closed for more, and reads the answer all the
        # same.
        with contextlib.suppress(ConnectionError):
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
        try:
            reply = client.recv(1024)
        except socket.timeout:
            return "hung"
        except OSError:
            return "closed"
    return reply[9:12].decode() if reply else "closed"


def traffic(path, start):
    """What each of some senders gets, by its router, and what one gets whose message is malformed."""
    got = {}
    for number in range(start, start + 4):
        router, head = message(number)
        parts = [head[:40], head[40:]] if number % 2 else [head]
        got[router] = ask(path, parts, 0.02 if number % 2 else 0.0)
    got["malformed"] = ask(path, [b"GET /x HTTP/1.1\r\n\r\n"])
    return got


def observed(program):
    """The calls of the steady state, and those of the way out."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        with Attached(server.process, f"{folder}/steady", []) as strace:
            traffic(server.path, 1)
            time.sleep(1.2)
        with Attached(server.process, f"{folder}/end", []):
            server.process.send_signal(signal.SIGTERM)
            server.end()
        return collections.Counter(strace.calls()), collections.Counter(calls_of(f"{folder}/end"))


def steady(program, fault):
    """Faults while senders come: what became of these, and what is wrong with that."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        if fault.path:
            fault.path = server.folder / fault.path
        before = server.descriptors()
        with Attached(server.process, f"{folder}/trace", fault.options()) as strace:
            got = traffic(server.path, 1)
            time.sleep(LOOKED if fault.call in LOOKS else SETTLED)
        wrong = [f"{who} hung" for who, status in got.items() if status == "hung"]
        if not strace.calls() and fault.call != "close":
            wrong.append("no call was hit")
        if fault.call == "recvfrom" and fault.what != "ECONNRESET" and "closed" in got.values():
            wrong.append("a peer that is still there got no answer")
        if fault.call in LOOKS and fault.what not in ("ENOENT", "ENOTDIR") and "ERROR" in server.read("log"):
            wrong.append("who can't look takes the socket for lost")
        if server.is_alive():
            wrong += afterwards(server, got, before if fault.call != "close" else None)
            server.process.send_signal(signal.SIGTERM)
            outcome = "goes on: " + summary(got)
        else:
            outcome = f"ends with {server.process.returncode}: " + summary(got)
        wrong += [] if server.end() else ["SIGTERM has no effect"]
        return outcome, wrong + judge(server, got, outcome.startswith("goes on"))


def afterwards(server, got, before):
    """What is wrong with a server that has gone on, once the fault is over."""
    router, head = message(99)
    got[router] = ask(server.path, [head])
    wrong = [] if got[router] == "200" else [f"afterwards a sender got {got[router]}"]
    until = time.monotonic() + PATIENCE
    while before is not None and server.descriptors() > before and time.monotonic() < until:
        time.sleep(0.02)
    if before is not None and server.descriptors() > before:
        wrong.append(f"{server.descriptors() - before} descriptors leaked")
    return wrong


def way_out(program, fault):
    """Faults after SIGTERM, with one sender that was answered, and one that is half done."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        router, head = message(1)
        got = {router: ask(server.path, [head])}
        half = socket.socket(socket.AF_UNIX)
        half.connect(str(server.path))
        half.sendall(head[:40])
        with Attached(server.process, f"{folder}/trace", fault.options()) as strace:
            server.process.send_signal(signal.SIGTERM)
            ended = server.end()
        half.close()
        wrong = [] if ended else ["SIGTERM has no effect"]
        wrong += [] if strace.calls() else ["no call was hit"]
        wrong += judge(server, got, True)
        if fault.what in ("ENOENT", "ENOTDIR"):
            # Who is told that the file is gone doesn't remove it.
            wrong = [what for what in wrong if what != LEFT]
        return f"ends with {server.process.returncode}", wrong


def judge(server, got, goes_on):
    """What must never be: a panic, an end without a word, an event that was acknowledged and is not there."""
    code, log = server.process.returncode, server.read("log")
    wrong = ["a panic"] if "panicked" in log else []
    if code not in (0, 2):
        wrong.append(f"it ended with {code}")
    if code == 0 and not goes_on:
        wrong.append("it ended as if it had been stopped")
    if server.path.exists() and "remove" not in log:
        wrong.append(LEFT)
    if code == 2 and "hanotify: " not in log and "error: " not in log:
        wrong.append("it ended without a message")
    lines = [line for line in server.read("events").splitlines() if line.strip()]
    try:
        written = {event.get("router_id") for event in map(json.loads, lines)}
    except ValueError:
        return [*wrong, "a line of the events is torn"]
    lost = [router for router, status in got.items() if status == "200" and router not in written]
    return wrong + [f"{router} was told 200, and its event is not there" for router in lost]


def summary(got):
    statuses = list(got.values())
    return ", ".join(f"{statuses.count(status)} × {status}" for status in sorted(set(statuses)))
