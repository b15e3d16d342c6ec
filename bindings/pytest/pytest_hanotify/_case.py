"""A case or a probe of the suite, as a test sees it."""

from typing import Any, Mapping, Optional

import pytest

from ._known import Known

# What a report says of a failure, in this order: a heading, and the member that it is in.
_TOLD = [
    ("expected", "expected"),
    ("rule", "rule"),
    ("risk", "risk"),
    ("remedy", "remedy"),
    ("sent", "sent"),
    ("answer", "answered"),
]


class Case:
    """A published case, or a probe of behaviour."""

    def __init__(self, listed: Mapping[str, str], entry: Optional[Mapping[str, Any]], ended: str, known: Known) -> None:
        #: Its name: ``group/name``, or ``probe/name``.
        self.id = listed["id"]
        #: What it is about.
        self.title = listed["title"]
        #: ``must`` where any receiver has to do so, ``choice`` where an RFC leaves it to the receiver.
        self.level = listed["level"]
        #: The weakness that a failure shows, as ``CWE-664``.
        self.cwe = listed["cwe"]
        #: ``pass``, ``fail``, ``noted`` (a choice that the server made otherwise), or ``not-seen``; ``None`` where the
        #: audit ended before.
        self.outcome: Optional[str] = entry["outcome"] if entry else None
        #: Why, in words.
        self.why: str = entry["why"] if entry else ended
        #: What the report of the audit has of it.
        self.entry = entry
        self._known = known.reason(self.id)

    def __repr__(self) -> str:
        return f"<pytest_hanotify.Case {self.id}: {self.outcome}>"

    def check(self) -> None:
        """Ends the test as the server did on this case: it passes, fails, is skipped where nothing could be seen, or is
        a failure that was expected."""
        if self.outcome == "not-seen":
            pytest.skip(self.why)
        has_failed = self.outcome not in ("pass", "noted")
        if self._known and has_failed and self.outcome is not None:
            pytest.xfail(f"known: {self._known}")
        if self._known and not has_failed:
            what = f"{self.id} is a known failure ({self._known}), and passes: remove it from the list"
            pytest.fail(what, pytrace=False)
        if has_failed:
            pytest.fail(self.report(), pytrace=False)

    def report(self) -> str:
        """What is wrong, where that is written, what comes of it, and what was sent, in lines."""
        lines = [f"{self.id}: {self.title}", f"  {self.why}"]
        entry = self.entry or {}
        lines += [f"  {heading}: {entry[member]}" for member, heading in _TOLD if entry.get(member)]
        lines += [f"  the agent was told: {event}" for event in entry.get("events", [])]
        return "\n".join([*lines, f"  {self.cwe}; alone: hanotify audit --only {self.id}"])
