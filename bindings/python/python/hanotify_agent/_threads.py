"""Which kind of thread this is: native or green, and whose."""

import os
import sys
import threading
from typing import Any, Optional


def check() -> bool:
    """Whether this is the main thread, whose signals Python handles. Refuses a green thread."""
    patcher = _patcher()
    if patcher is not None:
        raise RuntimeError(
            f"{patcher} has patched threads: run() would hold up every green thread while it waits. "
            "Take hanotify_agent.green.Server, which does not; or run it on a native thread: "
            "eventlet.patcher.original('threading').Thread, gevent.get_hub().threadpool"
        )
    return threading.current_thread() is threading.main_thread()


def hub() -> Optional[str]:
    """Whose hub switches the present thread: `"eventlet"` or `"gevent"`; `None` for a native thread."""
    return _patcher() or _parent()


def is_hub() -> bool:
    """Whether this is the hub itself, as in a signal handler that it was running: it can't wait for anything."""
    greenlet: Any = sys.modules.get("greenlet")
    current = greenlet.getcurrent() if greenlet is not None else None
    gevent: Any = sys.modules.get("gevent.hub")
    if gevent is not None and isinstance(current, gevent.Hub):
        return True
    # The one of a native thread has no parent: asking for its hub would make one.
    has_parent = current is not None and current.parent is not None
    return "eventlet.hubs" in sys.modules and has_parent and current is _eventlet_hub()


def current() -> object:
    """The present thread: green or native, as something to compare."""
    greenlet: Any = sys.modules.get("greenlet")
    return threading.get_ident() if greenlet is None else greenlet.getcurrent()


def _patcher() -> Optional[str]:
    """What has made the present thread a green one by patching."""
    eventlet: Any = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("thread") and _is_in_hub("greenlet"):
        return "eventlet"
    gevent: Any = sys.modules.get("gevent.monkey")
    if gevent is not None and gevent.is_module_patched("threading") and _is_in_hub("greenlet"):
        return "gevent"
    return None


def _parent() -> Optional[str]:
    """Whose hub is the parent of the present thread, where nothing is patched."""
    greenlet: Any = sys.modules.get("greenlet")
    parent = None if greenlet is None else greenlet.getcurrent().parent
    if parent is None:
        return None
    gevent: Any = sys.modules.get("gevent.hub")
    if gevent is not None and isinstance(parent, gevent.Hub):
        return "gevent"
    if "eventlet.hubs" in sys.modules and parent is _eventlet_hub():
        return "eventlet"
    return None


def _eventlet_hub() -> object:
    return sys.modules["eventlet.hubs"].get_hub().greenlet


def _is_in_hub(module: str) -> bool:
    """Whether this thread is the one whose green threads a hub switches: a native thread has none but its own."""
    greenlet: Any = sys.modules.get(module)
    return greenlet is None or greenlet.getcurrent().parent is not None or _is_first_thread()


def _is_first_thread() -> bool:
    native = getattr(threading, "get_native_id", None)
    return native is not None and native() == os.getpid()
