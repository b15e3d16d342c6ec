"""The README's examples run as they are printed."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROUTER, ask
from processes import wait_for

PAGE = (Path(__file__).resolve().parent.parent / "README.md").read_text()
SERVED = "/var/lib/neutron/keepalived-state-change"


SERVES, SINKS, GREEN, TASK, DECODES = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)


def test_the_example_of_decode_runs() -> None:
    done = subprocess.run([sys.executable, "-c", DECODES], capture_output=True, text=True, timeout=60)
    advice = "write the one word in lower case, without quotes, and nothing after it"
    assert done.stdout == f"state 58 400 {advice}\n", done.stderr


@pytest.mark.parametrize(
    ("example", "says"), [(SERVES, r", says uid \d+"), (SINKS, " for good"), (GREEN, ""), (TASK, "")]
)
def test_each_example_of_a_server_runs(path: Path, example: str, says: str) -> None:
    assert SERVED in example
    command = [sys.executable, "-X", "faulthandler", "-c", example.replace(SERVED, str(path))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(signal.SIGINT)
    try:
        out, errors = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        pytest.fail(f"it goes on after SIGINT: {process.communicate(timeout=10)}")
    assert re.fullmatch(rf"router {ROUTER} is primary{says}\n", out), errors
    assert not path.exists()
