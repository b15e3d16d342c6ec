"""On which thread a server may run."""

import sys
import threading
from typing import Any, Optional


def check() -> bool:
    """Whether this is the main thread, whose signals Python handles. Refuses a green thread."""
    patcher = _patcher()
    if patcher is not None:
        raise RuntimeError(
            f"{patcher} has patched threads: run() would hold up every green thread while it waits. "
            "Run it in a process of its own, or on a native thread: "
            "eventlet.patcher.original('threading').Thread, gevent.get_hub().threadpool"
        )
    return threading.current_thread() is threading.main_thread()


def _patcher() -> Optional[str]:
    """What has made the present thread a green one."""
    eventlet: Any = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("thread") and _is_in_hub("greenlet"):
        return "eventlet"
    gevent: Any = sys.modules.get("gevent.monkey")
    if gevent is not None and gevent.is_module_patched("threading") and _is_in_hub("greenlet"):
        return "gevent"
    return None


def _is_in_hub(module: str) -> bool:
    """Whether this thread is the one whose green threads a hub switches: a native thread has none but its own."""
    greenlet: Any = sys.modules.get(module)
    return greenlet is None or greenlet.getcurrent().parent is not None or _is_first_thread()


def _is_first_thread() -> bool:
    import os

    native = getattr(threading, "get_native_id", None)
    return native is not None and native() == os.getpid()
