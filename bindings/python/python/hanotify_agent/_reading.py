"""What the servers have in common whose events somebody reads."""

from os import PathLike
from typing import TYPE_CHECKING, Any, Union

from ._handover import Handover

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._settings import Settings


class Reading:
    """A server on a native thread, whose events are handed to one that reads them."""

    def __init__(
        self, path: "Union[str, PathLike[str]]", *, answer_time: float = 10.0, **settings: "Unpack[Settings]"
    ) -> None:
        self._handover = Handover(path, answer_time, settings)
        self._reads = False

    @property
    def path(self) -> Any:
        """The path of the socket."""
        return self._handover.channel.path

    @property
    def backlog(self) -> int:
        """How many connections can wait to be accepted."""
        return self._handover.channel.backlog

    def counters(self) -> "dict[str, float]":
        """What it has counted, by the names of the page on operation."""
        return self._handover.channel.counters()

    def __repr__(self) -> str:
        state = "ended" if self._handover.channel.is_ended else "open"
        return f"<{type(self).__module__}.Server at {self.path!r}, {state}>"
