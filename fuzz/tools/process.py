"""One run of one libFuzzer process: started, read, stopped."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from libfuzzer import Output
from project import Trouble

# How long a process may take to end after it was told to, before it is killed.
GRACE_SECONDS = 15
# libFuzzer's own words for how it ended: it ran to its end, or was interrupted.
_QUIET_EXITS = (0, 72)


class Stop:
    """Set when everything has to end; the processes that run now are told so."""

    def __init__(self):
        # Signals are handled in a thread that may be in here itself: neither an Event nor a Lock would do.
        self._set = False
        self._lock = threading.RLock()
        self._running = set()

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        with self._lock:
            for process in list(self._running):
                self._tell(process)

    def started(self, process) -> None:
        with self._lock:
            self._running.add(process)
        if self.is_set():
            self._tell(process)

    @staticmethod
    def _tell(process) -> None:
        tell(process, signal.SIGINT)
        late = threading.Timer(GRACE_SECONDS, tell, (process, signal.SIGKILL))
        late.daemon = True
        late.start()

    def ended(self, process) -> None:
        with self._lock:
            self._running.discard(process)


class Run:
    """What came of a process: its output, how long it took, and whether it ended as it should."""

    def __init__(self, output: Output, seconds: float, code: int, stopped: bool, late: bool):
        self.output, self.seconds, self.code = output, seconds, code
        # Stopped by us, because all was to end, or because this one took too long.
        self.stopped, self.late = stopped or late, late

    def failed(self) -> bool:
        """Whether the target failed, rather than ran to its end or was told to stop."""
        # SIGINT ends it too, before libFuzzer has a handler for it.
        ended_by_us = self.stopped and self.code in (-signal.SIGINT, -signal.SIGKILL)
        return self.code not in _QUIET_EXITS and not ended_by_us


def tell(process, number: int) -> None:
    """Sends a signal to a process and to those that it has started, which a merge and AFL++ do."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass


def environment(sanitizer: str) -> dict:
    """The environment of a target: nothing that changes from machine to machine, as far as it matters."""
    env = dict(os.environ, RUST_BACKTRACE="0")
    if sanitizer == "address":
        # Without a symbolizer the reports are the same from run to run; the note says how to see more.
        env.setdefault("ASAN_OPTIONS", "symbolize=0:detect_odr_violation=0")
    return env


def fuzz(
    command: list, stop: Stop, log: Path, limit: float, sanitizer="none", watch=None, env=None, given=os.devnull
) -> Run:
    """Runs a fuzzer for at most `limit` seconds and a little, with a file as its input; `watch` is called with the
    output as it grows."""
    output, begin = Output(), time.monotonic()
    arguments = [str(part) for part in command]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    # A session of its own: Ctrl-C at the terminal is for the campaign, which passes it on.
    try:
        with open(given, "rb") as stdin:
            process = subprocess.Popen(
                arguments, env=env or environment(sanitizer), start_new_session=True, stdin=stdin, **pipes
            )
    except OSError as error:
        raise Trouble(f"{arguments[0]} does not start: {error.strerror}") from None
    stop.started(process)
    late = threading.Timer(limit + GRACE_SECONDS, tell, (process, signal.SIGKILL))
    late.daemon = True
    late.start()
    try:
        with log.open("ab") as file:
            file.write(("$ " + " ".join(arguments) + "\n").encode())
            for line in process.stdout:
                output.feed(line, time.monotonic() - begin)
                file.write(line)
                if watch:
                    watch(output, time.monotonic() - begin)
        code = process.wait()
    finally:
        late.cancel()
        # It is still there where its log could not be written.
        tell(process, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        stop.ended(process)
    seconds = time.monotonic() - begin
    return Run(output, seconds, code, stop.is_set(), seconds > limit + GRACE_SECONDS)
