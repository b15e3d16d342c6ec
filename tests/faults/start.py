"""`hanotify serve` with a fault in one of the system calls of its start, or with SIGTERM right before one of them."""

import collections
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import commands
import serve
from tracing import Fault, calls_of

# What a server is given for its start, and for its end.
PATIENCE = 5


class Starting:
    """A server that starts under strace, which is not its parent: signals reach the server itself."""

    def __init__(self, program, folder, options):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "socket"
        command = ["strace", "-D", "-f", "-qq", "-o", self.folder / "trace", *options]
        command += [program, "serve", "--socket", self.path, "--format", "json", "--drain-time", "1s"]
        with open(self.folder / "events", "w") as events, open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=events, stderr=log)

    def read(self, name):
        return (self.folder / name).read_text(errors="replace")

    def listens(self):
        """Whether it listens; where it doesn't, it has ended, or has had its time."""
        until = time.monotonic() + PATIENCE
        while "listening" not in self.read("events"):
            if self.process.poll() is not None or time.monotonic() > until:
                return False
            time.sleep(0.005)
        return True

    def end(self):
        """Its exit code; none where it goes on."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


def observed(program):
    """How often each call is made on the way to the first answer, beyond what every command does."""
    with tempfile.TemporaryDirectory() as folder:
        server = Starting(program, folder, [])
        if not server.listens():
            raise RuntimeError(f"the server doesn't start: {server.read('log')}")
        made = collections.Counter(calls_of(f"{folder}/trace")) - commands.start(program)
        server.process.send_signal(signal.SIGTERM)
        server.end()
        return made


def start(program, fault):
    with tempfile.TemporaryDirectory() as folder:
        server = Starting(program, folder, fault.options())
        router, head = serve.message(1)
        listens = server.listens()
        got = {router: serve.ask(server.path, [head])} if listens else {}
        server.process.send_signal(signal.SIGTERM)
        code = server.end()
        wrong = [] if calls_of(f"{folder}/trace") else ["no call was hit"]
        if fault.what == "SIGTERM":
            return f"ends with {code}", wrong + judge_stopped(server, code)
        if got.get(router) == "hung":
            wrong.append("its sender hung")
        outcome = f"serves, and ends with {code}" if listens else f"ends with {code}"
        return outcome, wrong + judge(server, got, code, listens)


def judge(server, got, code, listens):
    wrong = ["it neither starts nor ends"] if code is None else serve.judge(server, got, listens)
    said = server.read("log")
    # What to do is said, or at least in which step it was.
    if code == 2 and re.search(r"^hanotify: [^:]*\(os error \d+\)$", said, re.M):
        wrong.append(f"it doesn't say what failed: {said.splitlines()[-1]}")
    return wrong


def judge_stopped(server, code):
    """Before it heeds signals, one ends it as any program; its socket is never left."""
    wrong = [] if code in (0, -signal.SIGTERM) else [f"it ended with {code}: {server.read('log')[-200:]}"]
    return wrong + ([serve.LEFT] if server.path.exists() else [])
