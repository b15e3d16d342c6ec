"""A server that runs on a daemon thread ends before the interpreter does.

Otherwise CPython would end the thread in the middle of a call, as soon as it asks for the interpreter's lock.
"""

import atexit
import weakref
from typing import Union

from ._native import Channel, Server

_running: "weakref.WeakSet[Union[Channel, Server]]" = weakref.WeakSet()


def stop_at_exit(server: "Union[Channel, Server]") -> None:
    """Stops this server when the interpreter ends. What is in flight is answered."""
    _running.add(server)


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.stop()
