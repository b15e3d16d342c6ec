"""The server whose events a green thread reads, or a native one."""

import atexit
import errno
import logging
import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import ROUTER, ask, asking, message
from hanotify_agent import Busy, Event, State
from hanotify_agent._native import Channel
from hanotify_agent._settings import Settings
from hanotify_agent.green import Server
from processes import wait_for


class Reading:
    """A native thread that reads, and what became of it."""

    def __init__(self, target: Callable[[], object]) -> None:
        self.raised: list[BaseException] = []
        self.thread = threading.Thread(target=self._run, args=(target,), daemon=True)
        self.thread.start()

    def _run(self, target: Callable[[], object]) -> None:
        try:
            target()
        except BaseException as error:
            self.raised.append(error)

    def join(self) -> None:
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def server(path: Path) -> Iterator[Server]:
    with Server(path) as server:
        yield server


def test_an_event_is_acknowledged_when_the_loop_asks_for_the_next(server: Server, path: Path) -> None:
    replies: list[int] = []
    sender = asking(path, replies)
    events = iter(server)
    event = next(events)
    assert (str(event.router_id), event.state, event.sequence) == (ROUTER, State.PRIMARY, 1)
    assert event.peer.pid == os.getpid()
    time.sleep(0.1)
    assert replies == [], "the body has not ended"
    following = asking(path, replies)
    assert next(events).sequence == 2
    sender.join()
    assert replies == [200]
    server.stop()
    with pytest.raises(StopIteration):
        next(events)
    following.join()
    assert replies == [200, 200] and not path.exists()


@pytest.mark.parametrize(
    ("error", "status"), [(None, 503), (Busy(), 503), (GeneratorExit(), 503), (KeyError("x"), 500), (SystemExit(), 500)]
)
def test_a_loop_that_is_left_acknowledges_nothing(path: Path, error: "BaseException | None", status: int) -> None:
    replies: list[int] = []

    def read() -> None:
        with Server(path) as server:
            for _ in server:
                if error is None:
                    break
                raise error

    reading = Reading(read)
    wait_for(path)
    asking(path, replies).join()
    reading.join()
    assert replies == [status] and reading.raised == ([] if error is None else [error])


def test_a_new_loop_answers_what_the_last_one_left(server: Server, path: Path) -> None:
    replies: list[int] = []
    sender = asking(path, replies)
    for _ in server:
        break
    iter(server)
    sender.join()
    assert replies == [503]


def test_run_answers_what_its_callback_decides(
    server: Server, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    raising: list[Any] = [None, Busy(), KeyError("what it is"), None]

    def callback(event: Event) -> None:
        if error := raising.pop(0):
            raise error

    reading = Reading(lambda: server.run(callback))
    with caplog.at_level(logging.INFO):
        assert [ask(path) for _ in range(4)] == [200, 503, 500, 200]
        assert ask(path, message(state="x")) == 400
        assert server.stop()
        reading.join()
    assert not reading.raised
    (record,) = [record for record in caplog.records if record.name == "hanotify_agent"]
    assert record.exc_info is not None and record.exc_info[0] is KeyError
    assert record.exc_info[2] is not None, "the traceback"
    assert any("refused" in line and "state" in line for line in caplog.messages), "the server's own lines"
    assert server.counters()["hanotify_notified_total"] == 2


def test_no_answer_in_time_is_503_and_a_late_one_counts_for_nobody(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(path, answer_time=1) as server:
        events, replies = iter(server), list[int]()
        sender = asking(path, replies)
        next(events)
        sender.join()
        assert replies == [503]
        following = asking(path, replies)
        assert next(events).sequence == 1, "what was not taken leaves its number to the next"
        assert "too late" in caplog.text
        time.sleep(0.05)
        assert replies == [503], "the late answer is not this one's"
        server.stop()
        assert next(events, None) is None
        following.join()
        assert replies == [503, 200]


def test_an_answer_counts_for_the_event_of_its_number(path: Path) -> None:
    channel, replies = Channel(path, 1, {}), list[int]()
    channel.start()

    def take() -> int:
        while (taken := channel.take()) is None:
            channel.wait(1.0)
        return taken[0]

    sender = asking(path, replies)
    first = take()
    sender.join()
    following = asking(path, replies)
    second = take()
    assert not channel.taken(first)
    assert channel.failed(second, "no") and not channel.taken(second)
    following.join()
    assert replies == [503, 500]
    assert channel.stop()


def test_an_event_that_was_given_up_never_reaches_its_reader(path: Path) -> None:
    with Server(path, answer_time=0.1) as server:
        events = iter(server)
        assert ask(path) == 503
        server.stop()
        assert next(events, None) is None


def test_an_event_that_waits_when_it_is_stopped_is_never_handed_out(path: Path) -> None:
    with Server(path, answer_time=1000) as server:
        events, replies = iter(server), list[int]()
        sender = asking(path, replies)
        assert select.select([server._handover.channel.fileno()], [], [], 10)[0]
        assert server.stop()
        assert next(events, None) is None
        sender.join()
        assert replies == [503]


def test_stop_waits_for_the_event_in_hand_and_nothing_comes_after_it(path: Path) -> None:
    server, began, may_end, seen = Server(path), threading.Event(), threading.Event(), []

    def callback(event: Event) -> None:
        seen.append(event)
        began.set()
        may_end.wait(10)

    reading, replies = Reading(lambda: server.run(callback)), list[int]()
    senders = [asking(path, replies) for _ in range(20)]
    assert began.wait(10)
    assert not server.stop(timeout=0.05)
    may_end.set()
    assert server.stop() and server.stop(), "it may be called twice"
    for sender in senders:
        sender.join()
    assert len(seen) == 1 and sorted(replies) == [200] + [503] * 19
    reading.join()
    assert not path.exists() and not reading.raised
    with pytest.raises(StopIteration):
        next(iter(server))


def test_the_callback_may_stop_it(path: Path) -> None:
    server, stopped = Server(path), []
    reading = Reading(lambda: server.run(lambda event: stopped.append(server.stop())))
    assert ask(path) == 200
    reading.join()
    assert stopped == [False] and not reading.raised


def test_next_alone_lets_it_run(server: Server, path: Path) -> None:
    replies: list[int] = []
    sender = asking(path, replies)
    assert next(server).sequence == 1
    server.stop()
    assert next(server, None) is None
    sender.join()
    assert replies == [200]


def test_servers_that_come_and_go_are_known_to_the_end_of_the_interpreter_once(path: Path) -> None:
    before = atexit._ncallbacks()
    for _ in range(5):
        with Server(path) as server:
            iter(server)
        del server
    assert atexit._ncallbacks() - before <= 1


def test_it_has_one_reader(server: Server, path: Path) -> None:
    reading = Reading(lambda: next(iter(server)))
    time.sleep(0.3)
    with pytest.raises(RuntimeError, match="reads"):
        next(server)
    server.stop()
    reading.join()


def test_settings_and_errors_are_those_of_the_other_server(path: Path) -> None:
    with Server(path, mode=0o660) as server:
        assert path.stat().st_mode & 0o777 == 0o660 and server.backlog > 0 and Path(server.path) == path
        with pytest.raises(OSError) as caught:
            Server(path)
        assert caught.value.errno == errno.EADDRINUSE and caught.value.filename == str(path)
    assert not path.exists()
    for wrong in ({"mod": 1}, {"answer_time": "x"}):
        with pytest.raises(TypeError):
            Server(path, **wrong)
    with pytest.raises(ValueError, match="answer_time"):
        Server(path, answer_time=-1)


def test_type_checkers_know_each_setting(path: Path) -> None:
    for name in Settings.__annotations__:
        wrong: dict[str, Any] = {name: object()}
        with pytest.raises((TypeError, ValueError)) as caught:
            Server(path, **wrong)
        assert "unexpected" not in str(caught.value), name


def test_one_that_is_dropped_or_stopped_before_it_ran_leaves_nothing(path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    server = Server(path)
    iter(server)
    assert path.exists()
    del server
    until = time.monotonic() + 5
    while path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    server = Server(path)
    assert server.stop() and not path.exists()
    del server
    while len(os.listdir("/proc/self/fd")) > before:
        assert time.monotonic() < until
        time.sleep(0.01)
