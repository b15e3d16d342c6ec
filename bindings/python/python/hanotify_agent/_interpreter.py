"""Which interpreter this is."""

from importlib import import_module
from typing import Any


def check() -> None:
    """Refuses a subinterpreter. The extension module keeps objects of Python's for the whole process, and those of one
    interpreter must not get into another. CPython refuses by itself from 3.12 on, but only those that are isolated."""
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters: Any = import_module(name)
        except ImportError:
            continue
        if interpreters.get_current() != interpreters.get_main():
            raise ImportError("hanotify_agent works in the main interpreter only, and this is a subinterpreter")
        return
