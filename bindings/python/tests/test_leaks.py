"""No call leaves an object behind. The interpreter's blocks are counted, so that the machine has no part in it."""

import gc
import logging
import pickle
import sys
import uuid
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import ROUTER, Running, ask, message
from hanotify_agent import (
    Busy,
    Debounce,
    Decoder,
    Event,
    Known,
    Latest,
    Limits,
    Notification,
    Queue,
    Refused,
    Server,
    State,
    decode,
    encode,
)

CALLS = 2_000
WHOLE, WRONG = message(), message(state="Primary")
ONE = Notification(ROUTER, "primary")


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(Refused):
        call()


def raised(call: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        call()


def feed(data: bytes) -> None:
    decoder = Decoder()
    for at in range(0, len(data), 50):
        decoder.feed(memoryview(data)[at : at + 50])
    assert decoder.consumed is not None and decoder.body is not None


def look(one: Notification) -> None:
    assert one.router_id and one.router_id_text and one.state and hash(one) and repr(one)
    assert one == pickle.loads(pickle.dumps(one))


CASES: "dict[str, Callable[[], object]]" = {
    "bytes": lambda: decode(WHOLE),
    "bytearray": lambda: decode(bytearray(WHOLE)),
    "memoryview": lambda: decode(memoryview(WHOLE)),
    "a start": lambda: decode(WHOLE[:60]),
    "refused": lambda: refused(lambda: decode(WRONG)),
    "limits": lambda: decode(WHOLE, Limits(fields=7)),
    "limits that make no sense": lambda: raised(lambda: Limits(**{"fields": "7"})),  # type: ignore[arg-type]
    "another type": lambda: raised(lambda: decode("")),  # type: ignore[arg-type]
    "a memoryview with gaps": lambda: raised(lambda: decode(memoryview(WHOLE)[::2])),
    "a decoder": lambda: feed(WHOLE),
    "written": lambda: encode(ONE),
    "made": lambda: look(Notification(uuid.UUID(ROUTER), State.FAULT)),
    "not made": lambda: raised(lambda: Notification(ROUTER, "Fault")),
}


def left_by(call: Callable[[], object], calls: int) -> int:
    """How many blocks there are more after so many calls. One for each would be `calls`; the interpreter itself keeps a
    few hundred for what it frees and needs again."""
    for _ in range(20):
        call()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(calls):
        call()
    gc.collect()
    return sys.getallocatedblocks() - before


@pytest.mark.parametrize("call", CASES.values(), ids=CASES)
def test_no_call_leaves_an_object(call: Callable[[], object]) -> None:
    assert left_by(call, CALLS) < CALLS // 2


def looking(event: Event) -> None:
    assert event.notification and event.router_id and event.state and event.peer and event.sequence and repr(event)
    assert event.received_at and event.body == b""


def busy(event: Event) -> None:
    raise Busy


def failing(event: Event) -> None:
    raise KeyError(event.router_id)


SINKS: "dict[str, Callable[[], Any]]" = {
    "looking": lambda: looking,
    "busy": lambda: busy,
    "failing": lambda: failing,
    "queue": lambda: Queue(1),
    "latest": Latest,
    "debounce": lambda: Debounce(looking, primary=0.0),
    "known": lambda: Known([], looking),
}


@pytest.mark.parametrize("sink", SINKS.values(), ids=SINKS)
def test_no_notification_leaves_an_object(path: Path, sink: "Callable[[], Any]") -> None:
    running = Running(Server(path), sink())
    # What is logged is kept by the framework of these tests.
    logging.disable()
    try:
        assert left_by(lambda: ask(path), 1_000) < 500
    finally:
        logging.disable(logging.NOTSET)
        assert running.server.stop()
