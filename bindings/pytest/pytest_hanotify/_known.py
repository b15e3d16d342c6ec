"""The list of known failures: on each line an id or a glob of ids, and the reason behind a #."""

import re
from pathlib import Path
from typing import Optional


class Known:
    """The lines of a list, which `hanotify audit` has read before: they are well-formed."""

    def __init__(self, text: str = "") -> None:
        self._lines: list[tuple[re.Pattern[str], str]] = []
        for line in text.splitlines():
            ids, _, reason = line.strip().partition("#")
            if ids:
                self._lines.append((_glob(ids.strip()), reason.strip()))

    @classmethod
    def read(cls, path: Optional[str]) -> "Known":
        """The list in this file; an empty one without a file."""
        return cls(Path(path).read_text(encoding="utf-8") if path else "")

    def reason(self, id: str) -> Optional[str]:
        """Why this failure is accepted; `None` where it is not known."""
        return next((reason for ids, reason in self._lines if ids.fullmatch(id)), None)


def _glob(text: str) -> "re.Pattern[str]":
    """`*` is any characters, `?` is one."""
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."))
