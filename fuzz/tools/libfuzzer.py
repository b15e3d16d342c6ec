"""What libFuzzer says while it runs: its lines, and what they add up to."""

import base64
import binascii
import re
from dataclasses import dataclass, field

_STATUS = re.compile(rb"#(\d+)\s+(INITED|NEW|REDUCE|pulse|RELOAD|DONE)\s+(.*)")
_COUNT = re.compile(rb"(cov|ft|exec/s): (\d+)")
_CORPUS = re.compile(rb"corp: (\d+)(?:/(\d+)(b|Kb|Mb))?")
_EXECUTED = re.compile(rb"stat::number_of_executed_units:\s*(\d+)")
_ARTIFACT = re.compile(rb"Test unit written to (.+?)\s*$")
# An input of up to 256 bytes is printed too.
_PRINTED = re.compile(rb"^Base64: (\S*)\s*$")
_PANIC = re.compile(rb"panicked at ([^\s:]+):(\d+):\d+:?")
_SUMMARY = re.compile(rb"SUMMARY: (?:libFuzzer: )?(.+?)\s*$")
_MERGED = re.compile(rb"MERGE-OUTER: (?:(successful) in|(\d+) new files with)")
_UNITS = {b"b": 1, b"Kb": 1 << 10, b"Mb": 1 << 20}
# A plot has no use for more, and a run of hours shall not fill the memory.
_MAX_SAMPLES = 400


@dataclass
class Output:
    """What one process has said so far. Times are seconds since its start."""

    executions: int = 0
    edges: int = 0
    features: int = 0
    corpus_files: int = 0
    corpus_bytes: int = 0
    first_edges: int | None = None
    last_new_edge: float | None = None
    samples: list = field(default_factory=list)
    artifacts: list = field(default_factory=list)
    printed: dict = field(default_factory=dict)
    merge_succeeded: bool = False
    merged_files: int | None = None
    panic: str | None = None
    summary: str | None = None
    _message_follows: bool = False

    def feed(self, line: bytes, at: float) -> None:
        """Takes in one line that was read `at` seconds after the start."""
        if self._message_follows:
            self._message_follows = False
            self.panic += ": " + _printable(line)[:200]
        if status := _STATUS.search(line):
            self._status(status, at)
        elif executed := _EXECUTED.search(line):
            self.executions = max(self.executions, int(executed[1]))
        elif panic := _PANIC.search(line):
            if self.panic is None:
                self.panic = f"{_printable(panic[1])}:{int(panic[2])}"
                self._message_follows = True
        elif artifact := _ARTIFACT.search(line):
            self.artifacts.append(artifact[1].decode(errors="replace"))
        elif (printed := _PRINTED.search(line)) and self.artifacts:
            self._printed(printed[1])
        elif merged := _MERGED.search(line):
            self.merge_succeeded |= merged[1] is not None
            self.merged_files = int(merged[2]) if merged[2] else self.merged_files
        elif summary := _SUMMARY.search(line):
            self.summary = self.summary or _printable(summary[1])

    def _printed(self, text: bytes) -> None:
        try:
            self.printed.setdefault(self.artifacts[-1], base64.b64decode(text, validate=True))
        except binascii.Error:
            pass  # Two lines got mixed: then there is only the file.

    def _status(self, status: re.Match, at: float) -> None:
        self.executions = max(self.executions, int(status[1]))
        counts = {name: int(count) for name, count in _COUNT.findall(status[3])}
        edges, features = counts.get(b"cov", self.edges), counts.get(b"ft", self.features)
        if corpus := _CORPUS.search(status[3]):
            self.corpus_files = int(corpus[1])
            self.corpus_bytes = int(corpus[2] or 0) * _UNITS.get(corpus[3], 1)
        if status[2] == b"INITED":
            self.first_edges = edges
        elif edges > self.edges and self.first_edges is not None:
            self.last_new_edge = at
        grown = edges > self.edges or features > self.features
        self.edges, self.features = max(self.edges, edges), max(self.features, features)
        if self.first_edges is not None and (grown or not self.samples):
            self._sample(at)

    def _sample(self, at: float) -> None:
        self.samples.append((round(at, 2), self.executions, self.edges, self.features))
        if len(self.samples) > _MAX_SAMPLES:
            # The beginning, where most happens, may lose every other sample; the end is kept whole.
            half = _MAX_SAMPLES // 2
            self.samples = self.samples[:half:2] + self.samples[half:]

    def signature(self) -> str:
        """What tells one defect from another: where it panicked, or else what the sanitizer says."""
        if self.panic:
            return self.panic.split(": ", 1)[0]
        return self.summary or "ended without a word"

    def story(self) -> str:
        """What went wrong, in one line."""
        return self.panic or self.summary or "the process ended without a word"


def _printable(raw: bytes) -> str:
    """The text with everything escaped that is not visible ASCII: a message quotes the input."""
    text = raw.strip().decode("ascii", errors="backslashreplace")
    return "".join(char if " " <= char <= "~" else char.encode("unicode_escape").decode() for char in text)
