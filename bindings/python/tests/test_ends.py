"""The end of an interpreter whose daemon threads are in this package."""

from pathlib import Path

import pytest
from processes import run_script, wait_for

GREEN = "server = green.Server(sys.argv[1])\nrun = lambda: server.run(print)\n"
NATIVE = "server = Server(sys.argv[1])\nrun = lambda: server.run(print)\n"
QUEUE = NATIVE.replace("print", "queue") + "queue = Queue(1)\nstart(lambda: list(queue))\n"


@pytest.mark.parametrize("code", [GREEN, NATIVE, QUEUE])
def test_an_interpreter_that_ends_ends_its_daemon_threads(path: Path, code: str) -> None:
    """Before 3.14, Python unwinds them, which is no business of Rust's."""
    start = "import sys, threading, time\nfrom hanotify_agent import Queue, Server, green\n"
    start += "start = lambda run: threading.Thread(target=run, daemon=True).start()\n"
    process = run_script(start + code + "start(run)\ntime.sleep(0.3)", path)
    wait_for(path)
    assert process.communicate(timeout=20) == ("", "") and process.returncode == 0
    assert not path.exists()
