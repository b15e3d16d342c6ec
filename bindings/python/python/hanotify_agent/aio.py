"""A server for asyncio.

The server runs on a native thread, which never calls Python. It hands each event to the task that reads it::

    async with hanotify_agent.aio.Server("/run/agent/keepalived-state-change") as server:
        async for event in server:
            ...

No thread of Python's is started, and the loop is never held up.
"""

import asyncio
import inspect
import time
from types import TracebackType
from typing import Awaitable, Callable, Optional, Union

from ._native import Event
from ._reading import Reading

__all__ = ["Server"]

_LONGEST_END = 5.0
"""How long the end of the ``async with`` block waits for the server's at most, in seconds."""


class Server(Reading):
    """A server that listens from the moment it is made, and whose events one task reads.

    An event is acknowledged, by 200, when the loop asks for the next one. It is not where the loop is left:

    - by an exception that leaves the ``async with`` block: 500, and 503 for :class:`Busy` and for a cancellation;
    - by ``break`` or ``return``: 503. To stop after an event that was taken, call :meth:`stop` in the loop's body and
      let the loop end by itself.

    The sender is told so when the block ends, :meth:`aclose` is called, or a new loop begins.

    The body has ``answer_time`` seconds; after that, the sender gets 503, and the next one has its turn. An event that
    waits for its reader that long never reaches it. Other settings are those of :class:`hanotify_agent.Server`, and so
    are the exceptions: ``OSError`` with ``errno`` and ``filename``, ``TypeError`` or ``ValueError``.
    """

    def __aiter__(self) -> "Server":
        self._handover.begin()
        return self

    async def __anext__(self) -> Event:
        if self._reads:
            raise RuntimeError("another task reads this server's events already")
        self._reads = True
        try:
            self._handover.acknowledge()
            return await self._next()
        finally:
            self._reads = False

    async def _next(self) -> Event:
        handover = self._handover
        while True:
            event = handover.take()
            if event is not None:
                return event
            if handover.channel.is_ended:
                handover.log_lines()
                handover.channel.finish()
                raise StopAsyncIteration
            await self._readable()

    async def _readable(self) -> None:
        """Waits for a sign. One that is cancelled meanwhile has taken nothing: the event waits for the next."""
        loop = asyncio.get_running_loop()
        sign = loop.create_future()
        number = self._handover.channel.fileno()
        loop.add_reader(number, _set, sign)
        try:
            await sign
        finally:
            loop.remove_reader(number)

    async def run(self, callback: "Callable[[Event], Union[Awaitable[object], object]]") -> None:
        """Serves until it is stopped, and calls and awaits ``callback`` with each event, one after the other. The
        sender gets 200 when it has returned, 503 if it raises :class:`Busy` or is cancelled, and 500 if it raises
        anything else: that is logged with its traceback. What is no ``Exception`` ends the server, and is raised here.

        ``OSError`` if the kernel refuses what the server can't do without.
        """
        async with self:
            async for event in self:
                try:
                    result = callback(event)
                    if inspect.isawaitable(result):
                        await result
                except Exception as error:
                    self._handover.fail(error)

    def stop(self) -> None:
        """Stops it, from any thread, from a signal handler and from the loop's body. Returns at once: no event is
        handed out after that. The one in hand can still be acknowledged, and the loop ends when the server has. Leaving
        the ``async with`` block waits for that."""
        self._handover.channel.request_stop()

    async def aclose(self) -> None:
        """Ends the server: the sender of an event in hand gets 503. Waits until it has ended, for 5 seconds at the
        most."""
        await self._leave(None)

    async def __aenter__(self) -> "Server":
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        await self._leave(error)

    async def _leave(self, error: Optional[BaseException]) -> None:
        self._handover.leave(error)
        if isinstance(error, GeneratorExit):
            # The task is thrown away, as its loop has been closed: there is nothing to wait in.
            return
        channel, until = self._handover.channel, time.monotonic() + _LONGEST_END
        # It looks instead of waiting for a sign, for which another task may wait.
        while not channel.is_ended and time.monotonic() < until:
            await asyncio.sleep(0.005)
        self._handover.log_lines()


def _set(sign: "asyncio.Future[None]") -> None:
    if not sign.done():
        sign.set_result(None)
