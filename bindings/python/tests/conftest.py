"""Servers on threads, and senders."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from hanotify_agent import Server

ROUTER = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"


def message(router: str = ROUTER, state: str = "primary") -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Neutron-Router-Id: {router}\r\nX-Neutron-State: {state}\r\n\r\n"
    return head.encode()


def connect(client: socket.socket, path: Any) -> None:
    """Connects; a socket that is there does not listen yet for a moment."""
    until = time.monotonic() + 1
    while True:
        try:
            return client.connect(os.fspath(path))
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def ask(path: Any, data: bytes = message()) -> int:
    """The status that a sender of this gets; 0 if it gets no reply."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        connect(client, path)
        client.sendall(data)
        reply = client.recv(1024)
    return int(reply[9:12]) if reply else 0


def asking(path: Path, replies: "list[int]", data: bytes = message()) -> threading.Thread:
    """A thread that asks, and adds the status to these."""
    thread = threading.Thread(target=lambda: replies.append(ask(path, data)))
    thread.start()
    return thread


class Running:
    """A server that runs on a thread, and what became of `run`."""

    def __init__(self, server: Server, sink: Any) -> None:
        self.server = server
        self.raised: list[BaseException] = []
        self.thread = threading.Thread(target=self._run, args=(sink,), daemon=True)
        self.thread.start()

    def _run(self, sink: Any) -> None:
        try:
            self.server.run(sink)
        except BaseException as error:
            self.raised.append(error)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "socket"


@pytest.fixture
def start(path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a server with this sink and these settings."""
    running: list[Running] = []

    def start(sink: Any, **settings: Any) -> Running:
        running.append(Running(Server(path, **settings), sink))
        return running[-1]

    yield start
    for each in running:
        assert each.server.stop()
        each.thread.join(10)
        assert not each.thread.is_alive()
