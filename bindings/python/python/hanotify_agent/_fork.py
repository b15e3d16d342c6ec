"""A child of fork never answers for its parent.

It would hold the listening socket open: senders would wait there for ever once the parent is gone. And it would hold
the lock beside it: no server could have the path before the child is gone too. So what belongs to the parent's servers
is closed in the child.
"""

import os
import socket
import weakref
from typing import Optional, Union

from ._native import Channel

_paths: set[str] = set()
_locks: set[str] = set()
_channels: "weakref.WeakSet[Channel]" = weakref.WeakSet()


def guard(path: Union[str, bytes, "os.PathLike[str]"]) -> None:
    """Closes what belongs to a server at this path in each child from now on."""
    if not _paths:
        os.register_at_fork(after_in_child=_close_inherited)
    _paths.add(os.fsdecode(path))
    # The folder may be another one by then, for a path that is relative.
    _locks.add(os.path.abspath(os.fsdecode(path)) + ".lock")


def guard_channel(channel: Channel) -> None:
    """Closes its descriptor in each child from now on: the child's reader would take the signs of the parent's."""
    _channels.add(channel)


def _close_inherited() -> None:
    for channel in list(_channels):
        os.close(channel.fileno())
    _channels.clear()
    locks = {status for status in map(_file, _locks) if status is not None}
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        if _file(fd) in locks or _is_of_server(fd):
            os.close(fd)
    _paths.clear()
    _locks.clear()


def _file(of: "Union[str, int]") -> "Optional[tuple[int, int]]":
    """Which file it is; `None` if there is none."""
    try:
        status = os.stat(of)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_of_server(fd: int) -> bool:
    """Whether it is a listening socket of a server here, or a connection that was accepted from one."""
    try:
        copy = os.dup(fd)
    except OSError:
        # The one by which the folder was read.
        return False
    try:
        with socket.socket(fileno=copy) as of_fd:
            name = of_fd.getsockname()
    except OSError:
        os.close(copy)
        return False
    return of_fd.family == socket.AF_UNIX and isinstance(name, str) and name in _paths


def end_child() -> None:
    """Ends a child of fork that has returned from a sink, or from the handler of a signal."""
    text = "a child of fork returned from the sink or from a handler, and is ended: os._exit() it there"
    os.write(2, f"hanotify_agent: {text}\n".encode())
    os._exit(70)
