"""The published cases as data: bytes, and the verdict that each has."""

import base64
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional, Union

from ._command import Command


@dataclass(frozen=True)
class Vector:
    """A message to a receiver, and the verdict that it has."""

    #: Its name, ``group/name``, which keeps its meaning for good.
    id: str
    #: What is special about it.
    title: str
    #: The bytes that the peer sends; after them it finishes sending.
    input: bytes
    #: The status of the reply: 200 where the message is accepted.
    status: int
    #: ``must``, or ``choice`` where an RFC leaves it to the receiver.
    level: str
    #: The weakness of a server that gets it wrong, as ``CWE-664``.
    cwe: str
    #: Where the rule comes from, as ``RFC 9110 section 5.5``.
    rule: str
    #: The router's id where the message is accepted.
    router_id: Optional[str] = None
    #: The state where the message is accepted: ``primary``, ``backup`` or ``fault``.
    state: Optional[str] = None
    #: The rule that is broken where the message is refused.
    error: Optional[str] = None
    #: Bytes before the one that made the message unacceptable, where it is refused.
    offset: Optional[int] = None
    #: What the verdict needs, as the file has it: ``given`` a circumstance, ``with`` settings, or ``expand``, where the
    #: case stands for many. It is empty for most.
    needs: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def accepted(self) -> bool:
        """Whether the message is accepted."""
        return self.status == 200


def hanotify_vectors(folder: Union[str, Path, None] = None) -> tuple[Vector, ...]:
    """The vectors of this folder, or those that the command `hanotify` has in it: some 870.

    To parametrize a test of a parser::

        @pytest.mark.parametrize("vector", hanotify_vectors(), ids=lambda vector: vector.id)
        def test_parser(vector): ...

    :raises pytest.UsageError: if there is no command, or it fails.
    :raises OSError: if the folder can't be read.
    """
    if folder is not None:
        return tuple(_vectors(Path(folder)))
    with tempfile.TemporaryDirectory(prefix="pytest-hanotify-") as written:
        Command(None).write_vectors(Path(written) / "vectors")
        return tuple(_vectors(Path(written) / "vectors"))


def _vectors(folder: Path) -> list[Vector]:
    files = sorted(path for path in folder.glob("*.json") if path.name != "schema.json")
    groups = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return [_vector(case) for group in groups for case in group["cases"]]


def _vector(case: dict[str, Any]) -> Vector:
    named = ("id", "title", "status", "level", "cwe", "rule", "router_id", "state", "error", "offset")
    needs: dict[str, Any] = {name: case[name] for name in ("given", "with", "expand") if name in case}
    values = {name: case[name] for name in named if name in case}
    return Vector(input=b"".join(map(_part, case["input"])), needs=needs, **values)


def _part(part: Union[str, dict[str, Any]]) -> bytes:
    if isinstance(part, str):
        return part.encode("ascii")
    if "base64" in part:
        return base64.b64decode(part["base64"], validate=True)
    repeated: bytes = part["repeat"].encode("ascii") * part["times"]
    return repeated
