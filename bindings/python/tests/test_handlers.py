"""Code of others that runs where nobody has called it: handlers of `logging` and of signals."""

import logging
import os
import signal
import sys
from pathlib import Path

import pytest
from conftest import ask, asking, message
from hanotify_agent import Server
from processes import run_script, wait_for
from test_green import Reading
from test_sinks import wait_until

GREEN = "from hanotify_agent.green import Server\n"
NATIVE = "from hanotify_agent import Server\n"
LOGS = """
import logging, os, signal, sys, threading
class Handler(logging.Handler):
    def emit(self, record):
        {does}
logging.getLogger().addHandler(Handler())
with Server(sys.argv[1]) as server:
    server.run(lambda event: 1 / 0)
print("it goes on", flush=True)
"""


class Raising(logging.Handler):
    """As one whose disk is full, and that is not written with care."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError("from the handler")


@pytest.mark.parametrize("kind", ["hanotify_agent.Server", "hanotify_agent.green.Server"])
def test_a_log_handler_that_raises_is_shown_and_changes_no_answer(
    path: Path, kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest's own takes what nobody can take as a failure.
    monkeypatch.setattr("sys.unraisablehook", lambda raised: print(raised.exc_value, file=sys.stderr))
    namespace = pytest.importorskip(kind.rpartition(".")[0])
    server, seen, handler = namespace.Server(path), list[int](), Raising()
    logging.getLogger().addHandler(handler)
    try:
        reading = Reading(lambda: server.run(lambda event: seen.append(event.sequence)))
        refused = message(state="x")
        statuses = [ask(path, data) for data in [message(), refused, message(), refused, message()]]
        assert statuses == [200, 400, 200, 400, 200]
        wait_until(lambda: len(seen) == 3)
        assert server.stop()
        reading.join()
    finally:
        logging.getLogger().removeHandler(handler)
    assert not reading.raised and "from the handler" in capsys.readouterr().err


@pytest.mark.parametrize("imports", [NATIVE, GREEN])
@pytest.mark.parametrize("data", [message(), message(state="x")])
@pytest.mark.parametrize(
    ("does", "status"), [("os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT), ("sys.exit(5)", 5)]
)
def test_what_ends_a_program_goes_through_its_log_handlers(
    path: Path, imports: str, data: bytes, does: str, status: int
) -> None:
    process = run_script(imports + LOGS.format(does=does), path)
    wait_for(path)
    replies: list[int] = []
    sender = asking(path, replies, data)
    out, errors = process.communicate(timeout=10)
    sender.join(10)
    assert (out, process.returncode) == ("", status) and not path.exists(), errors
    assert replies in ([500], [400], [503])


def test_a_child_that_returns_from_a_signal_s_handler_is_ended(path: Path) -> None:
    code = "import os, signal, sys\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "signal.signal(signal.SIGUSR1, lambda *_: os.fork())\nserver.run(lambda event: None)"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(signal.SIGUSR1)
    assert process.stderr is not None and "a child of fork returned" in process.stderr.readline()
    assert ask(path) == 200 and path.exists()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
