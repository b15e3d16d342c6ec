"""A server for green threads: eventlet's, gevent's, and native ones too.

The server runs on a native thread, which never calls Python. It hands each event to the one that reads it::

    with hanotify_agent.green.Server("/var/lib/neutron/keepalived-state-change") as server:
        for event in server:
            ...

While the reader waits, and while it works, other green threads go on.
"""

import sys
import time
from importlib import import_module
from types import TracebackType
from typing import Any, Callable, Optional

from . import _threads
from ._native import Event
from ._reading import Reading

__all__ = ["Server"]

_LOOK = 0.005
"""How often one that waits for the end looks for it, in seconds."""


class Server(Reading):
    """A server that listens from the moment it is made, and whose events one green or native thread reads.

    An event is acknowledged, by 200, when the loop asks for the next one. It is not where the loop is left:

    - by an exception that leaves the ``with`` block: 500, and 503 for :class:`Busy` and for ``GreenletExit``;
    - by ``break`` or ``return``: 503. To stop after an event that was taken, call :meth:`stop` in the loop's body and
      let the loop end by itself.

    The body has ``answer_time`` seconds; after that, the sender gets 503, and the next one has its turn. An event that
    waits for its reader that long never reaches it. Other settings are those of :class:`hanotify_agent.Server`, and so
    are the exceptions: ``OSError`` with ``errno`` and ``filename``, ``TypeError`` or ``ValueError``.
    """

    _reader: object = None
    """The thread that has the event in hand."""

    def __iter__(self) -> "Server":
        self._handover.begin()
        return self

    def __next__(self) -> Event:
        if self._reads:
            raise RuntimeError("another thread reads this server's events already")
        self._reads = True
        try:
            self._handover.acknowledge()
            self._reader = None
            return self._next()
        finally:
            self._reads = False

    def _next(self) -> Event:
        handover = self._handover
        while True:
            event = handover.take()
            if event is not None:
                self._reader = _threads.current()
                return event
            if handover.channel.is_ended:
                handover.log_lines()
                handover.channel.finish()
                raise StopIteration
            self._wait()

    def _wait(self) -> None:
        channel, hub = self._handover.channel, _threads.hub()
        if hub == "eventlet":
            eventlet: Any = sys.modules["eventlet.hubs"]
            eventlet.trampoline(channel.fileno(), read=True)
        elif hub == "gevent":
            gevent: Any = import_module("gevent.socket")
            gevent.wait_read(channel.fileno())
        else:
            channel.wait(1.0)

    def run(self, callback: Callable[[Event], object]) -> None:
        """Serves until it is stopped, and calls ``callback`` with each event, one after the other, on this thread. The
        sender gets 200 when it has returned, 503 if it raises :class:`Busy`, and 500 if it raises anything else: that
        is logged with its traceback. What is no ``Exception`` ends the server, and is raised here.

        ``OSError`` if the kernel refuses what the server can't do without.
        """
        with self:
            for event in self:
                try:
                    callback(event)
                except Exception as error:
                    self._handover.fail(error)

    def stop(self, timeout: float = 5.0) -> bool:
        """Stops it, from any thread, from a signal handler and from the loop's body. No event is handed out after this
        has returned. Waits until the event in hand is answered and the server has ended, for ``timeout`` seconds at the
        most; not in the body, nor in the hub. Returns whether it has ended."""
        channel = self._handover.channel
        channel.request_stop()
        may_wait = not (self._is_reader() or _threads.is_hub())
        until = time.monotonic() + timeout
        while not self._is_over():
            if not may_wait or time.monotonic() >= until:
                return False
            _sleep(channel)
        return True

    def _is_over(self) -> bool:
        channel = self._handover.channel
        return not channel.is_own or (channel.is_ended and not self._handover.is_in_hand)

    def _is_reader(self) -> bool:
        return self._handover.is_in_hand and self._reader == _threads.current()

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self._handover.leave(error)
        self.stop()
        self._handover.log_lines()


def _sleep(channel: Any) -> None:
    hub = _threads.hub()
    if hub is None:
        # Not time.sleep, which may be patched although this thread is a native one.
        channel.pause(_LOOK)
    else:
        sys.modules[hub].sleep(_LOOK)
