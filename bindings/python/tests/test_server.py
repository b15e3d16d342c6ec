"""The server: what its sink decides, how it ends, and what it refuses."""

import errno
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import ROUTER, Running, ask, message
from hanotify_agent import Busy, Event, Limits, Queue, Server, State

Start = Callable[..., Running]


def test_an_event_says_who_sent_what_and_when(start: Start, path: Path) -> None:
    events: list[Event] = []
    start(events.append, limits=Limits(body=4))
    assert ask(path, message().replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\nbody")) == 200
    (event,) = events
    assert (str(event.router_id), event.state, event.sequence, event.body) == (ROUTER, State.PRIMARY, 1, b"body")
    assert (event.peer.pid, event.peer.uid, event.peer.gid) == (os.getpid(), os.geteuid(), os.getegid())
    assert timedelta(0) <= datetime.now(timezone.utc) - event.received_at < timedelta(seconds=10)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_sink_decides_what_its_sender_gets(start: Start, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raising: list[Any] = [None, Busy(), KeyError("what it is"), None]

    def sink(event: Event) -> None:
        if error := raising.pop(0):
            raise error

    running = start(sink)
    with caplog.at_level(logging.ERROR):
        assert [ask(path) for _ in range(4)] == [200, 503, 500, 200]
    (record,) = [record for record in caplog.records if record.name == "hanotify_agent"]
    assert record.exc_info is not None and record.exc_info[0] is KeyError
    counters = running.server.counters()
    assert counters["hanotify_notified_total"] == 2 and counters["hanotify_sink_failures_total"] == 2


def test_what_is_refused_is_not_told_and_is_logged_and_counted(
    start: Start, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    running = start(events.append)
    with caplog.at_level(logging.WARNING):
        assert ask(path, message(state="primary, backup")) == 400
        assert ask(path, b"GET /x HTTP/1.1\r\n\r\n") == 404
    assert events == []
    assert any("refused" in record.getMessage() for record in caplog.records)
    assert running.server.counters()['hanotify_refused_total{error="state"}'] == 1


def test_senders_at_once_are_all_told_one_after_the_other(start: Start, path: Path) -> None:
    seen: list[int] = []
    within = threading.Lock()

    def sink(event: Event) -> None:
        assert within.acquire(blocking=False)
        seen.append(event.sequence)
        within.release()

    start(sink)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(ask(path))) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 100 and seen == list(range(1, 101))


def test_stop_waits_for_the_call_in_flight_and_nothing_comes_after_it(start: Start, path: Path) -> None:
    began, may_end, ended = threading.Event(), threading.Event(), []

    def sink(event: Event) -> None:
        began.set()
        may_end.wait(10)
        ended.append(event)

    running = start(sink)
    sender = threading.Thread(target=ask, args=(path,))
    sender.start()
    assert began.wait(10)
    assert not running.server.stop(timeout=0.05)
    may_end.set()
    assert running.server.stop() and len(ended) == 1
    sender.join()
    assert running.server.stop(), "it may be called twice"
    assert not path.exists()
    with pytest.raises(RuntimeError, match="has ended"):
        running.server.run(sink)


def test_the_sink_may_stop_the_server(path: Path) -> None:
    server = Server(path)

    def sink(event: Event) -> None:
        assert server.stop() is False

    running = Running(server, sink)
    assert ask(path) == 200
    running.thread.join(10)
    assert not running.thread.is_alive() and not running.raised


def test_one_that_never_runs_removes_its_socket(path: Path) -> None:
    with Server(path) as server:
        assert path.exists() and server.backlog > 0 and Path(server.path) == path
    assert not path.exists()


def test_a_stop_that_comes_first_lets_run_return_at_once(path: Path) -> None:
    """Whoever stops an agent does not know how far the thread is that runs its server."""
    server, queue = Server(path), Queue(1)
    assert server.stop() and not path.exists()
    assert server.stop(), "it may be called twice"
    server.run(queue)
    assert list(queue) == [], "its readers see the end too"
    server.run(lambda event: None)


def test_it_does_not_run_twice(start: Start, path: Path) -> None:
    running = start(lambda event: None)
    assert ask(path) == 200
    with pytest.raises(RuntimeError, match="runs already"):
        running.server.run(lambda event: None)


def test_why_it_can_not_listen_is_an_os_error(tmp_path: Path, path: Path) -> None:
    def refused(where: Any, **settings: Any) -> OSError:
        with pytest.raises(OSError) as caught:
            Server(where, **settings)
        assert caught.value.filename == str(where)
        return caught.value

    assert refused(tmp_path / "no/socket").errno == errno.ENOENT
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file").errno == errno.EEXIST
    assert refused(tmp_path / "file/socket").errno == errno.ENOTDIR
    assert refused(tmp_path / ("x" * 200)).errno == errno.ENAMETOOLONG
    with Server(path):
        assert refused(path).errno == errno.EADDRINUSE
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    assert isinstance(refused(tmp_path / "shared/socket"), PermissionError)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"mode": 0o1777}, ValueError),
        ({"mod": 1}, TypeError),
        ({"total_time": -1}, ValueError),
        ({"total_time": float("nan")}, ValueError),
        ({"connections": "many"}, TypeError),
        ({"limits": 1}, TypeError),
        ({"allowed_uids": range(1 << 40)}, ValueError),
        ({"allowed_gids": "0"}, TypeError),
    ],
)
def test_settings_that_make_no_sense_are_refused(path: Path, settings: "dict[str, Any]", error: type) -> None:
    with pytest.raises(error):
        Server(path, **settings)
    assert not path.exists()


def run_script(code: str, path: Path, **options: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_for(path: Path) -> None:
    """Waits until somebody listens there: the file is there a moment before."""
    until = time.monotonic() + 10
    while not is_listening(path):
        assert time.monotonic() < until
        time.sleep(0.01)


def is_listening(path: Path) -> bool:
    # The fourth column has the flags of the socket, and the last the path it is bound to; 0x10000 says that it listens.
    sockets = [line.split(maxsplit=7) for line in Path("/proc/net/unix").read_text(errors="replace").splitlines()[1:]]
    return any(int(columns[3], 16) & 0x10000 and columns[7:] == [str(path)] for columns in sockets)


MAIN = """
import signal, sys
from hanotify_agent import Server
server = Server(sys.argv[1])
{before}
try:
    server.run(lambda event: print(event.state, flush=True))
finally:
    print("ended", flush=True)
"""


@pytest.mark.parametrize(
    ("before", "sent", "status"),
    [
        ("", signal.SIGINT, -signal.SIGINT),
        ("signal.signal(signal.SIGTERM, lambda *_: server.stop())", signal.SIGTERM, 0),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))", signal.SIGTERM, 3),
    ],
)
def test_signals_of_the_main_thread_are_heeded(path: Path, before: str, sent: signal.Signals, status: int) -> None:
    process = run_script(MAIN.format(before=before), path)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(sent)
    out, errors = process.communicate(timeout=10)
    assert out == "primary\nended\n" and process.returncode == status, errors
    assert not path.exists()


FORK = """
import os, signal, sys, time
from hanotify_agent import Server
server = Server(sys.argv[1])
def sink(event):
    if os.fork() == 0:
        {child}
if {at_once} and os.fork() == 0:
    time.sleep(60)
    os._exit(0)
server.run(sink)
"""


def test_a_child_of_fork_holds_no_socket(path: Path) -> None:
    process = run_script(FORK.format(child="os._exit(0)", at_once=True), path, start_new_session=True)
    wait_for(path)
    time.sleep(0.3)
    process.kill()
    process.wait()
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(str(path))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_child_that_returns_from_the_sink_answers_nobody(path: Path) -> None:
    process = run_script(FORK.format(child="return", at_once=False), path)
    wait_for(path)
    assert [ask(path) for _ in range(3)] == [200] * 3
    assert path.exists()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert errors.count("a child of fork returned from the sink") == 3


def test_a_child_that_ends_leaves_the_socket_of_its_parent(path: Path) -> None:
    code = "import os, sys\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "if os.fork() == 0:\n    sys.exit(0)\nos.wait()\nprint(os.path.exists(sys.argv[1]))"
    process = run_script(code, path)
    out, errors = process.communicate(timeout=10)
    assert out == "True\n", errors


def test_a_child_that_leaves_the_with_block_or_stops_ends_as_it_would_without_a_server(path: Path) -> None:
    code = "import os, sys\nfrom hanotify_agent import Server\n"
    code += "with Server(sys.argv[1]) as server:\n    if os.fork() == 0:\n"
    code += "        assert server.stop()\n        sys.exit(7)\n"
    code += "    assert os.waitstatus_to_exitcode(os.wait()[1]) == 7\n    print(os.path.exists(sys.argv[1]))"
    process = run_script(code, path)
    assert process.communicate(timeout=10) == ("True\n", "")


def test_a_child_of_a_running_server_ends_without_a_word(path: Path) -> None:
    code = "import os, sys, threading, time\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "threading.Thread(target=server.run, args=(print,), daemon=True).start()\ntime.sleep(0.3)\n"
    # CPython has a word on threads from 3.12 on.
    code = "import warnings\nwarnings.simplefilter('ignore', DeprecationWarning)\n" + code
    code += "if os.fork() == 0:\n    sys.exit(0)\nos.wait()\nprint(os.path.exists(sys.argv[1]))"
    process = run_script(code, path)
    assert process.communicate(timeout=10) == ("True\n", "")


def test_a_relative_path_is_closed_in_a_child_too(tmp_path: Path) -> None:
    code = "import os, sys\nfrom hanotify_agent import Server\nserver = Server('socket')\n"
    code += "def sockets():\n    fds = [f'/proc/self/fd/{fd}' for fd in os.listdir('/proc/self/fd')]\n"
    code += "    return sum('socket:' in os.readlink(fd) for fd in fds if os.path.islink(fd))\n"
    code += "print(sockets(), flush=True)\nif os.fork() == 0:\n"
    code += "    print(sockets(), flush=True)\n    os._exit(0)\nos.wait()"
    out, errors = run_script(code, tmp_path, cwd=tmp_path).communicate(timeout=10)
    assert out == "1\n0\n", errors


def test_what_ends_a_program_goes_through_the_sink(path: Path) -> None:
    code = "import sys\nfrom hanotify_agent import Server\nServer(sys.argv[1]).run(lambda event: sys.exit(5))"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 500
    assert process.wait(10) == 5
    process.communicate()


@pytest.mark.parametrize(
    "patch", ["import eventlet; eventlet.monkey_patch()", "import gevent.monkey as m; m.patch_all()"]
)
def test_where_threads_are_green_run_refuses_and_says_what_to_do(path: Path, patch: str) -> None:
    code = f"{patch}\nimport sys, threading\nfrom hanotify_agent import Server\n"
    code += "with Server(sys.argv[1]) as server:\n    try:\n        server.run(print)\n"
    code += "    except RuntimeError as error:\n"
    code += "        print('patched' in str(error), 'hanotify_agent.green' in str(error))"
    out, errors = run_script(code, path).communicate(timeout=20)
    assert out == "True True\n", errors


def test_a_native_thread_below_eventlet_may_run_it(path: Path) -> None:
    code = "import eventlet; eventlet.monkey_patch()\nimport sys, time\nfrom hanotify_agent import Server\n"
    code += "server = Server(sys.argv[1])\nnative = eventlet.patcher.original('threading')\n"
    code += "thread = native.Thread(target=server.run, args=(lambda event: None,))\nthread.start()\n"
    code += "eventlet.patcher.original('time').sleep(1)\nprint(server.stop())\n"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 200
    out, errors = process.communicate(timeout=20)
    assert out == "True\n", errors


def test_an_interpreter_that_ends_answers_or_hangs_up(path: Path) -> None:
    code = "import sys, threading, time\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "threading.Thread(target=server.run, args=(lambda event: time.sleep(0.2),), daemon=True).start()\n"
    code += "time.sleep(1)"
    process = run_script(code, path)
    wait_for(path)
    statuses = []
    while process.poll() is None:
        try:
            statuses.append(ask(path))
        except OSError:
            break
    out, errors = process.communicate(timeout=10)
    assert set(statuses) <= {200, 503, 0} and process.returncode == 0 and "panicked" not in errors
