"""What readers of both kinds do with an event: `green` and `aio` differ in how they wait, and in nothing else."""

import asyncio
import logging
import signal
import sys
import traceback
from os import PathLike
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _fork
from ._errors import Busy
from ._exit import stop_at_exit
from ._native import Channel, Event

if TYPE_CHECKING:
    from ._settings import Settings

_log = logging.getLogger("hanotify_agent")


class Handover:
    """A server on a native thread, and the event that its reader has in hand."""

    def __init__(self, path: "Union[str, PathLike[str]]", answer_time: float, settings: "Settings") -> None:
        self.channel = Channel(path, answer_time, dict(settings))
        self._number: Optional[int] = None
        self._runs = False
        _fork.guard_channel(self.channel)

    @property
    def is_in_hand(self) -> bool:
        """Whether there is an event without an answer."""
        return self._number is not None

    def begin(self) -> None:
        """Begins a loop, and lets the server run. What the last loop left is answered: its sender gets 503."""
        self.refuse(None)
        self._run()

    def _run(self) -> None:
        """Lets the server run, if it does not already."""
        if self._runs:
            return
        self._runs = True
        stop_at_exit(self.channel)
        # The thread inherits the mask: signals are for threads of Python's.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self.channel.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def take(self) -> Optional[Event]:
        """The event that waits, in hand from now on; logs what is to be logged."""
        self._run()
        taken = self.channel.take()
        try:
            self.log_lines()
        except BaseException:
            # Of what ends the program: the event does not get to its reader.
            if taken is not None:
                self.channel.busy(taken[0])
            raise
        if taken is None:
            return None
        self._number, event = taken
        return event

    def log_lines(self) -> None:
        """Logs what the server's thread could not log itself."""
        for name, level, text in self.channel.lines():
            _say(logging.getLogger(name), level, text)

    def acknowledge(self) -> None:
        """Lets the sender of the event in hand get 200."""
        number, self._number = self._number, None
        if number is not None and not self.channel.taken(number):
            _say(_log, logging.WARNING, "an event was taken too late: its sender has got 503")

    def refuse(self, error: Optional[BaseException]) -> None:
        """Lets the sender of the event in hand get what this says: 500 for a failure; 503 for `Busy`, for what ends a
        task or a green thread from outside, and for a loop that was left."""
        number, self._number = self._number, None
        if number is None:
            return
        if error is None or isinstance(error, (Busy, asyncio.CancelledError, GeneratorExit, *_green_exits())):
            self.channel.busy(number)
        else:
            self.channel.failed(number, f"{type(error).__name__}: {error}")

    def fail(self, error: Exception) -> None:
        """Refuses because a callback has raised this, which is logged."""
        if not isinstance(error, Busy):
            _say(_log, logging.ERROR, "the sink failed: its sender gets 500", error)
        self.refuse(error)

    def leave(self, error: Optional[BaseException]) -> None:
        """Ends the server, as its reader goes."""
        self.refuse(error)
        self.channel.abandon()


def _green_exits() -> "tuple[type[BaseException], ...]":
    """What ends a green thread."""
    greenlet: Any = sys.modules.get("greenlet")
    return () if greenlet is None else (greenlet.GreenletExit,)


def _say(log: logging.Logger, level: int, text: str, error: Optional[Exception] = None) -> None:
    """Logs this. An error of a handler's is shown, and goes no further: a peer that is refused would end the server."""
    try:
        log.log(level, "%s", text, exc_info=error)
    except Exception:
        if logging.raiseExceptions:
            traceback.print_exc()
