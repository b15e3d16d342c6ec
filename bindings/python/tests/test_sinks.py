"""The sinks of the Rust library, put in front of Python's code."""

import datetime
import logging
import threading
import time
import uuid
from pathlib import Path
from typing import Callable

import pytest
from conftest import ROUTER, Running, ask, message
from hanotify_agent import Busy, Debounce, Event, Known, Latest, Queue, Server, State, States

Start = Callable[..., Running]
OTHER = ROUTER[:-1] + "1"


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def stop(running: Running) -> None:
    assert running.server.stop()
    running.thread.join(10)
    assert not running.raised


def states(events: "list[Event]") -> "list[tuple[str, str]]":
    return [(str(event.router_id), str(event.state)) for event in events]


def test_a_queue_gives_each_event_in_order_and_is_503_when_full(start: Start, path: Path) -> None:
    queue = Queue(2)
    running = start(queue)
    assert queue and len(queue) == 0 and queue.get(0.01) is None
    assert [ask(path), ask(path, message(OTHER)), ask(path)] == [200, 200, 503] and len(queue) == 2
    first = queue.get(timeout=10)
    assert first is not None and (str(first.router_id), first.sequence, first.state) == (ROUTER, 1, State.PRIMARY)
    assert ask(path) == 200
    stop(running)
    assert [event.sequence for event in queue] == [2, 3], "what waits is read after the end"
    assert list(queue) == [] and queue.get() is None


def test_a_queue_is_read_while_the_server_runs(start: Start, path: Path) -> None:
    queue, seen = Queue(1000), list[int]()
    running = start(queue)
    readers = [threading.Thread(target=lambda: seen.extend(event.sequence for event in queue)) for _ in range(3)]
    for reader in readers:
        reader.start()
    assert [ask(path) for _ in range(100)] == [200] * 100
    stop(running)
    for reader in readers:
        reader.join(10)
    assert sorted(seen) == list(range(1, 101))


def test_a_closed_queue_is_500_and_says_what_it_drops(start: Start, path: Path) -> None:
    queue = Queue(5)
    start(queue)
    assert [ask(path), ask(path)] == [200, 200]
    assert queue.close() == 2 and queue.close() == 0
    assert ask(path) == 500 and list(queue) == []


@pytest.mark.parametrize(
    ("make", "says"),
    [(lambda: Queue(5), "1 events that nobody has read"), (Latest, "states of 1 routers that nobody has read")],
)
def test_a_sink_that_is_dropped_unread_says_so(
    path: Path, caplog: pytest.LogCaptureFixture, make: "Callable[[], Queue]", says: str
) -> None:
    running = Running(Server(path), make())
    assert ask(path) == 200
    stop(running)
    del running
    wait_until(lambda: says in caplog.text)


def test_the_newest_of_each_router_is_read(start: Start, path: Path) -> None:
    latest = Latest()
    running = start(latest)
    for router, state in [(ROUTER, "backup"), (OTHER, "primary"), (ROUTER, "fault"), (ROUTER, "primary")]:
        assert ask(path, message(router, state)) == 200
    assert latest and len(latest) == 2
    first = latest.get(10)
    assert first is not None and (str(first.router_id), first.state) == (ROUTER, "primary")
    stop(running)
    assert states(list(latest)) == [(OTHER, "primary")] and latest.get() is None


def test_a_slow_callback_gets_the_newest_and_all_of_it_before_run_returns(start: Start, path: Path) -> None:
    began, may_go_on, seen = threading.Event(), threading.Event(), list[Event]()

    def callback(event: Event) -> None:
        began.set()
        assert may_go_on.wait(10)
        seen.append(event)

    latest = Latest(callback)
    running = start(latest)
    assert ask(path, message(state="backup")) == 200 and began.wait(10)
    for state in ("primary", "fault", "backup", "primary"):
        assert ask(path, message(OTHER, state)) == 200
    with pytest.raises(RuntimeError, match="callback"):
        latest.get(0)
    threading.Timer(0.1, may_go_on.set).start()
    stop(running)
    assert states(seen) == [(ROUTER, "backup"), (OTHER, "primary")]


@pytest.mark.parametrize("kind", ["latest", "debounce"])
def test_what_a_callback_does_not_take_is_logged_and_offered_again(
    start: Start, path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    seen: list[Event] = []

    def callback(event: Event) -> None:
        seen.append(event)
        if len(seen) == 1:
            raise KeyError("what it is")
        if len(seen) == 2:
            raise Busy

    running = start(Latest(callback, retry=0.05) if kind == "latest" else Debounce(callback, primary=0, retry=0.05))
    assert ask(path) == 200
    wait_until(lambda: len(seen) == 3)
    stop(running)
    assert len(seen) == 3
    records = [record for record in caplog.records if record.name == "hanotify_agent"]
    assert len(records) == 1 and records[0].exc_info is not None and records[0].exc_info[0] is KeyError
    assert records[0].exc_info[2] is not None, "the traceback"


@pytest.mark.parametrize("kind", ["latest", "debounce"])
def test_what_is_lost_at_the_end_is_logged(
    start: Start, path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    def callback(event: Event) -> None:
        raise KeyError

    running = start(Latest(callback, retry=60) if kind == "latest" else Debounce(callback, primary=0, retry=0.1))
    assert ask(path) == 200
    assert running.server.stop(timeout=15)
    running.thread.join(10)
    assert "lost" in caplog.text


def test_a_state_is_told_when_it_has_settled_once(start: Start, path: Path) -> None:
    seen: list[Event] = []
    debounce = Debounce(seen.append, primary=1)
    with pytest.raises(RuntimeError, match="no server"):
        debounce.forget(ROUTER)
    running = start(debounce)
    assert [ask(path), ask(path, message(state="backup"))] == [200, 200]
    began = time.monotonic()
    assert [ask(path), ask(path)] == [200, 200]
    wait_until(lambda: len(seen) == 2)
    assert time.monotonic() - began >= 1 and states(seen) == [(ROUTER, "backup"), (ROUTER, "primary")]
    assert ask(path) == 200
    debounce.report_again(uuid.UUID(ROUTER))
    wait_until(lambda: len(seen) == 3)
    debounce.forget(ROUTER)
    assert ask(path, message(state="backup")) == 200
    wait_until(lambda: len(seen) == 4)
    assert running.server.counters()["hanotify_debounce_reported_total"] == 4
    assert ask(path) == 200
    stop(running)
    assert states(seen)[4:] == [(ROUTER, "primary")], "reported at the end, settled or not"
    with pytest.raises(RuntimeError, match="ended"):
        debounce.report_again(ROUTER)


def test_only_known_routers_come_through(start: Start, path: Path) -> None:
    seen: list[Event] = []
    known = Known([ROUTER], seen.append)
    running = start(known)
    assert [ask(path), ask(path, message(OTHER))] == [200, 200]
    known.add(uuid.UUID(OTHER))
    known.discard(ROUTER)
    assert OTHER in known and ROUTER not in known and "x" not in known and len(known) == 1
    assert [ask(path), ask(path, message(OTHER))] == [200, 200]
    known.replace([])
    assert known and not len(known)
    assert ask(path, message(OTHER)) == 200
    stop(running)
    assert states(seen) == [(ROUTER, "primary"), (OTHER, "primary")]
    assert running.server.counters()["hanotify_unknown_total"] == 3
    with pytest.raises(ValueError, match="no router id"):
        known.add("x")


def test_a_known_router_s_failure_is_its_sender_s(start: Start, path: Path) -> None:
    def sink(event: Event) -> None:
        raise KeyError

    start(Known([ROUTER], sink))
    assert [ask(path), ask(path, message(OTHER))] == [500, 200]


def test_the_states_of_routers_are_read_while_the_server_runs(start: Start, path: Path) -> None:
    seen: list[Event] = []
    kept = States(seen.append, capacity=2, primary=3600)
    written = datetime.datetime(2026, 11, 29, 14, 0, tzinfo=datetime.timezone.utc)
    assert kept.note_file(ROUTER, "backup", written) and kept and len(kept) == 1
    [router] = kept.routers()
    assert (str(router.router_id), router.state, router.settled) == (ROUTER, State.BACKUP, State.BACKUP)
    assert (router.since, router.confirmed, router.peer, router.changes) == (written, False, None, 0)
    running = start(kept)
    assert [ask(path), ask(path, message(OTHER))] == [200, 200]
    router, other = kept.routers()
    assert (router.state, router.settled, router.changes) == (State.PRIMARY, State.BACKUP, 1)
    assert router.confirmed and router.peer == seen[0].peer and router.since == seen[0].received_at
    assert (other.state, other.settled, other.changes_in_hour) == (State.PRIMARY, None, 0)
    assert not kept.note_file("9b3a1d8e-0000-4a57-9f5e-0a4c2f3b7d10", State.FAULT, written) and kept.dropped == 0
    assert ask(path, message("9b3a1d8e-0000-4a57-9f5e-0a4c2f3b7d10")) == 200 and kept.dropped == 1
    assert kept.forget(uuid.UUID(OTHER)) and not kept.forget(OTHER) and len(kept) == 1
    assert repr(router) == f"RouterState(router_id=UUID('{ROUTER}'), state='primary', changes=1, confirmed=True)"
    stop(running)
    with pytest.raises(ValueError, match="no state"):
        kept.note_file(ROUTER, "standby", written)
    for since in (1.0, "2026-11-29", None, written.replace(tzinfo=None)):
        with pytest.raises(TypeError, match="since: an aware datetime is wanted, such as "):
            kept.note_file(ROUTER, "backup", since)  # type: ignore[arg-type]


def test_a_state_is_one_that_the_sink_has_taken(start: Start, path: Path) -> None:
    def sink(event: Event) -> None:
        raise Busy

    kept = States(sink)
    start(kept)
    assert ask(path) == 503 and kept.routers() == []


def test_sinks_are_put_together(start: Start, path: Path) -> None:
    queue = Queue(10)
    known = Known([ROUTER], queue)
    running = start(known)
    assert [ask(path), ask(path, message(OTHER))] == [200, 200]
    stop(running)
    assert states(list(queue)) == [(ROUTER, "primary")]


@pytest.mark.parametrize("make", [lambda: Queue(1), Latest, lambda: Latest(print), lambda: Debounce(print)])
def test_a_sink_is_for_one_server(path: Path, make: "Callable[[], Queue]") -> None:
    sink = make()
    stop(Running(Server(path), sink))
    server = Server(path)
    with pytest.raises(RuntimeError, match="make a new one"):
        server.run(sink)
    assert path.exists(), "the server may have another sink"
    assert server.stop()


def test_what_is_no_sink_is_refused(path: Path) -> None:
    with Server(path) as server:
        for wrong in (1, None, Known([], "x"), Latest("x"), Debounce("x")):  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="no sink"):
                server.run(wrong)  # type: ignore[arg-type]
        assert path.exists()
    with pytest.raises(ValueError):
        Queue(0)
    with pytest.raises(ValueError, match="primary"):
        Debounce(print, primary=-1)
    with pytest.raises(ValueError, match="no router id"):
        Known(["x"], print)
    with pytest.raises(TypeError):
        Known(1, print)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Latest, Debounce])
def test_a_callback_on_its_own_thread_may_stop_the_server(path: Path, kind: "Callable[..., Latest]") -> None:
    server, stopped = Server(path), []
    began = time.monotonic()
    running = Running(server, kind(lambda event: stopped.append(server.stop())))
    assert ask(path, message(state="backup")) == 200
    running.thread.join(10)
    assert stopped == [False] and not running.raised and time.monotonic() - began < 4


def test_the_log_of_an_adapter_goes_to_logging(start: Start, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def callback(event: Event) -> None:
        raise Busy

    with caplog.at_level(logging.WARNING):
        running = start(Debounce(callback, primary=0, retry=30))
        assert ask(path) == 200
        wait_until(lambda: "busy" in caplog.text)
        running.server.stop(timeout=15)
