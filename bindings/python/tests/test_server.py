"""The server: what its sink decides, how it ends, and what it refuses."""

import errno
import logging
import os
import stat
import threading
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
    assert record.exc_info[2] is not None, "the traceback"
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
