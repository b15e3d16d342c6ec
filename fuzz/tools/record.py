"""What a campaign has seen, for each target and sanitizer, and its report as JSON."""

import json
import threading
import time
from pathlib import Path

from libfuzzer import Output

FORMAT = 1


class Record:
    """One target with one build, over all its processes in a campaign."""

    def __init__(self, target: str, sanitizer: str):
        self.target, self.sanitizer = target, sanitizer
        self.executions, self.seconds = 0, 0.0
        self.edges = self.features = 0
        self.first_edges, self.last_new_edge = None, None
        self.corpus_files = self.corpus_bytes = 0
        self.crashes, self.samples = 0, []
        self.now = None

    def add(self, output: Output, seconds: float) -> None:
        """Adds a process that has ended."""
        if output.edges > self.edges and self.first_edges is not None:
            self.last_new_edge = self.seconds + (output.last_new_edge or 0.0)
        elif self.first_edges is None:
            self.first_edges, self.last_new_edge = output.first_edges, output.last_new_edge
        self.samples += [
            [round(self.seconds + at, 2), self.executions + done, *rest] for at, done, *rest in output.samples
        ]
        self.executions += output.executions
        self.seconds += seconds
        self.edges, self.features = max(self.edges, output.edges), max(self.features, output.features)
        self.now = None

    def watch(self, output: Output, seconds: float) -> None:
        """Takes note of a process that is running."""
        self.now = (output, seconds)

    def with_running(self) -> "Record":
        """This record as it would be if the process that runs ended now."""
        copy = Record(self.target, self.sanitizer)
        copy.__dict__.update(self.__dict__)
        copy.samples = list(self.samples)
        if self.now:
            copy.add(*self.now)
        return copy

    def rate(self) -> float:
        """Executions in a second."""
        return self.executions / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict:
        quiet = self.seconds - (self.last_new_edge or 0.0)
        return {
            "target": self.target,
            "sanitizer": self.sanitizer,
            "executions": self.executions,
            "seconds": round(self.seconds, 1),
            "executions_per_second": round(self.rate()),
            "edges": self.edges,
            "edges_at_start": self.first_edges,
            "features": self.features,
            "seconds_since_last_new_edge": round(quiet, 1),
            "corpus_files": self.corpus_files,
            "corpus_bytes": self.corpus_bytes,
            "crashes": self.crashes,
            "samples": self.samples,
        }


class Report:
    """All records of a campaign, and what is said about the whole."""

    def __init__(self, about: dict, path: Path):
        self.about, self.path = dict(about, format=FORMAT, started=stamp(), ended=None), path
        self.records, self.finds = {}, []
        # What another fuzzer than libFuzzer did, as it is to be told.
        self.others = []
        self.lock = threading.Lock()

    def record(self, target: str, sanitizer: str) -> Record:
        with self.lock:
            return self.records.setdefault((target, sanitizer), Record(target, sanitizer))

    def found(self, find) -> None:
        """Adds a find."""
        record = self.record(find.target, find.sanitizer)
        with self.lock:
            self.finds.append(find)
            record.crashes += 1

    def totals(self) -> dict:
        """Sums that mean the same on any machine, and the seconds they took on this one."""
        records = self._records()
        return {key: round(sum(record[key] for record in records), 1) for key in ("executions", "seconds")}

    def _records(self) -> list[dict]:
        return [record.with_running().as_json() for record in self.records.values()] + self.others

    def as_json(self) -> dict:
        with self.lock:
            finds = [vars(find) for find in self.finds]
            return {**self.about, "totals": self.totals(), "targets": self._records(), "finds": finds}

    def write(self) -> dict:
        """Writes the report, whole or not at all."""
        told = self.as_json()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(told, indent=1) + "\n")
        new.replace(self.path)
        return told

    def end(self, interrupted: bool) -> dict:
        """Writes the report for the last time."""
        self.about.update(interrupted=interrupted, ended=stamp())
        return self.write()


def stamp() -> str:
    """The time now, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
