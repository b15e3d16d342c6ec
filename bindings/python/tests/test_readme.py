"""The README's examples run as they are printed."""

import re
import signal
import subprocess
import sys
from pathlib import Path

from conftest import ROUTER, ask
from test_server import wait_for

PAGE = (Path(__file__).resolve().parent.parent / "README.md").read_text()
SERVED = "/var/lib/neutron/keepalived-state-change"


def test_each_example_runs(path: Path) -> None:
    served, decoded = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)
    done = subprocess.run([sys.executable, "-c", decoded], capture_output=True, text=True, timeout=60)
    assert done.stdout == "state 58 400\n", done.stderr

    assert SERVED in served
    command = [sys.executable, "-c", served.replace(SERVED, str(path))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert re.fullmatch(rf"router {ROUTER} is primary, says uid \d+\n", out)
