"""strace: what a program calls, and a fault put into one of its calls."""

import pathlib
import re
import signal
import subprocess
import time

# A call at the start of a line, with the thread's number before it or not.
CALL = re.compile(r"^(?:\[pid +)?(?:\d+\]? +)?(\w+)\(", re.M)


class Fault:
    """What is to happen to a call: an error, a delay or a signal, so many times in a row, after so many calls."""

    def __init__(self, call, what, times=1, after=0, path=None):
        self.call, self.what, self.times, self.after, self.path = call, what, times, after, path

    def options(self):
        action = f"error={self.what}"
        if self.what.endswith("ms"):
            action = f"delay_enter={self.what[:-2]}000"
        elif self.what.startswith("SIG"):
            action = f"signal={self.what}"
        inject = f"--inject={self.call}:{action}:when={self.after + 1}..{self.after + self.times}"
        return [f"--trace={self.call}", inject, *(["--trace-path", str(self.path)] if self.path else [])]


class Attached:
    """strace on all threads of a process that runs, for as long as the block does."""

    def __init__(self, process, log, options):
        self.process, self.log, self.options = process, pathlib.Path(log), options

    def __enter__(self):
        command = ["strace", "-f", "-qq", "-o", self.log, *self.options, "-p", str(self.process.pid)]
        self.strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 20
        while self.process.poll() is None and not self.is_on_all_threads():
            if self.strace.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"strace doesn't attach: {self.strace.communicate()[1]}")
            time.sleep(0.005)
        return self

    def is_on_all_threads(self):
        try:
            statuses = [task.read_text() for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/status")]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return all("TracerPid:\t0\n" not in status for status in statuses)

    def __exit__(self, *_):
        if self.strace.poll() is None:
            self.strace.send_signal(signal.SIGINT)
        self.strace.communicate(timeout=20)

    def calls(self):
        return CALL.findall(self.log.read_text())


def calls_of(log):
    return CALL.findall(pathlib.Path(log).read_text(errors="replace"))
