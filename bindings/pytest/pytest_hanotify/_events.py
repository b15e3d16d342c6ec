"""The server under test, and what its agent is told."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union


class Events:
    """A file with a line of JSON for each event that the server's agent is told of.

    A server in this process calls :meth:`add`. One in another process appends lines to the file at :attr:`path`, each
    in one write: ``{"router_id": "9b3a…", "state": "primary"}``.
    """

    def __init__(self, path: Path) -> None:
        #: The path of the file.
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def add(self, router_id: object, state: object) -> None:
        """Notes that the agent was told of this, from any thread. ``None`` says that it was told of no value."""
        values = {"router_id": router_id, "state": state}
        line = {name: None if value is None else str(value) for name, value in values.items()}
        # In one write: lines of several threads don't mix.
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Closes the file. Nothing can be added after that."""
        os.close(self._file)


@dataclass(frozen=True)
class Target:
    """A server that has been started: what the fixture ``hanotify_server`` returns."""

    #: The path of its Unix socket.
    socket: Union[str, "os.PathLike[str]"]
    #: What its agent is told, or the path of a file with such lines. Without it, a case fails only where the reply
    #: alone shows that it should.
    events: Optional[Union[Events, str, "os.PathLike[str]"]] = None

    def arguments(self) -> list[str]:
        """The arguments of ``hanotify audit`` for it."""
        events = self.events.path if isinstance(self.events, Events) else self.events
        return ["--socket", os.fspath(self.socket), *([] if events is None else ["--events", os.fspath(events)])]
