"""The command `hanotify`, which has the cases and tests the server with them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Optional

import pytest

from ._events import Target

MISSING = "pytest-hanotify: there is no command `hanotify` beside this Python or on PATH: pip install hanotify-cli"


class Command:
    """The command of the wheel hanotify-cli."""

    def __init__(self, program: Optional[str]) -> None:
        beside = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
        found = shutil.which(program or "hanotify", path=beside)
        if found is None:
            raise pytest.UsageError(f"pytest-hanotify: there is no program {program}" if program else MISSING)
        self.program = found

    def listed(self, vectors: Optional[str]) -> list[dict[str, str]]:
        """The cases and probes that there are."""
        done = self._run(["audit", "--list", *_folder(vectors)])
        if done.returncode:
            raise pytest.UsageError(f"pytest-hanotify: {self.program}: {done.stderr.strip()}")
        names = ("id", "level", "cwe", "title")
        return [dict(zip(names, line.split("\t", 3))) for line in done.stdout.splitlines()]

    def write_vectors(self, folder: Path) -> None:
        """Writes the vectors to this folder, which is made."""
        done = self._run(["generate", "vectors", str(folder)])
        if done.returncode:
            raise pytest.UsageError(f"pytest-hanotify: {self.program}: {done.stderr.strip()}")

    def audit(self, target: Target, arguments: list[str]) -> dict[str, Any]:
        """The report of an audit of this server."""
        with tempfile.TemporaryDirectory(prefix="pytest-hanotify-") as folder:
            report = Path(folder) / "report.json"
            done = self._run(["audit", *target.arguments(), "--report", f"json={report}", *arguments])
            text = report.read_text(encoding="utf-8") if report.exists() else ""
        if not text:
            pytest.fail(f"the audit could not begin: {done.stderr.strip()}", pytrace=False)
        found: dict[str, Any] = json.loads(text)
        return found

    def _run(self, arguments: list[str]) -> "subprocess.CompletedProcess[str]":
        command, quiet = [self.program, *arguments], subprocess.DEVNULL
        # The audit bounds its own time (--max-time).
        return subprocess.run(command, stdin=quiet, capture_output=True, encoding="utf-8", errors="replace")


def _folder(vectors: Optional[str]) -> list[str]:
    return ["--vectors", vectors] if vectors else []
