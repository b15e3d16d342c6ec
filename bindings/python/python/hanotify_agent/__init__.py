"""A strict receiver for the HA state-change notifications of OpenStack Neutron.

keepalived's monitors tell an L3 agent by an HTTP/1.1 request over a Unix socket that a virtual router is ``primary``,
``backup`` or ``fault``. There are these ways in:

- :class:`Server`, if your agent has no socket yet. It listens, reads, checks, and calls your code with each event; the
  sender gets 200 when your code has returned.
- :class:`hanotify_agent.green.Server`, the same under eventlet or gevent, and :class:`hanotify_agent.aio.Server` under
  asyncio.
- :func:`decode`, if it has one. It takes the bytes that came in.
"""

from . import _interpreter

_interpreter.check()

from ._errors import Busy, Refused
from ._native import (
    Debounce,
    Decoder,
    Event,
    Known,
    Latest,
    Limits,
    Notification,
    Peer,
    Queue,
    RouterState,
    Server,
    States,
    __version__,
    decode,
    encode,
)
from ._state import State

__all__ = [
    "Busy",
    "Debounce",
    "Decoder",
    "Event",
    "Known",
    "Latest",
    "Limits",
    "Notification",
    "Peer",
    "Queue",
    "Refused",
    "RouterState",
    "Server",
    "State",
    "States",
    "__version__",
    "decode",
    "encode",
]
