"""Servers in processes of their own."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def run_script(code: str, path: Path, **options: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_for(path: Path) -> None:
    """Waits until somebody listens there: the file is there a moment before."""
    until = time.monotonic() + 10
    while not is_listening(path):
        assert time.monotonic() < until
        time.sleep(0.01)


def is_listening(path: Path) -> bool:
    # The fourth column has the flags of the socket, and the last the path it is bound to; 0x10000 says that it listens.
    sockets = [line.split(maxsplit=7) for line in Path("/proc/net/unix").read_text(errors="replace").splitlines()[1:]]
    return any(int(columns[3], 16) & 0x10000 and columns[7:] == [str(path)] for columns in sockets)
