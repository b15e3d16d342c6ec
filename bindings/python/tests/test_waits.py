"""What waits for another thread: it waits no longer than it was told to, and signals are heeded meanwhile."""

import gc
import signal
import threading
import time
import weakref
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import Running, ask
from hanotify_agent import Debounce, Event, Known, Latest, Server
from processes import run_script, wait_for


def test_a_reader_waits_no_longer_than_it_wants_to_while_another_one_waits(path: Path) -> None:
    latest, got = Latest(), list[Any]()
    running = Running(Server(path), latest)
    others = [threading.Thread(target=lambda: got.append(latest.get())) for _ in range(2)]
    for other in others:
        other.start()
    time.sleep(0.1)
    began = time.monotonic()
    assert latest.get(0.2) is None and 0.1 < time.monotonic() - began < 5
    assert ask(path) == 200
    assert running.server.stop()
    for other in others:
        other.join(10)
        assert not other.is_alive()
    assert sorted(event is None for event in got) == [False, True], "one has the event, and the other the end"


def test_a_signal_is_heeded_while_the_main_thread_waits_in_stop(path: Path) -> None:
    code = "import sys, threading, time\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "def sink(event):\n    print(flush=True)\n    time.sleep(60)\n"
    code += "threading.Thread(target=server.run, args=(sink,), daemon=True).start()\n"
    code += "sys.stdin.readline()\nserver.stop(60)"
    process = run_script(code, path, stdin=-1)
    wait_for(path)
    threading.Thread(target=ask, args=(path,), daemon=True).start()
    assert process.stdin is not None and process.stdout is not None and process.stdout.readline() == "\n"
    process.stdin.write("\n")
    process.stdin.flush()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT and "KeyboardInterrupt" in errors


class Agent:
    """It has its sink, and the sink its method."""

    def __init__(self, make: "Callable[[Callable[[Event], None]], object]") -> None:
        self.sink = make(self.changed)

    def changed(self, event: Event) -> None:
        pass


@pytest.mark.parametrize("make", [lambda method: Known([], method), Latest, Debounce])
def test_an_agent_and_its_sink_are_collected(make: "Callable[[Callable[[Event], None]], object]") -> None:
    gone = weakref.ref(Agent(make))
    gc.collect()
    assert gone() is None


def test_no_stack_is_too_small_for_what_is_known() -> None:
    sink: Any = print
    for _ in range(100):
        sink = Known([], sink)
    with pytest.raises(ValueError, match="100 of Known"):
        Known([], sink)
