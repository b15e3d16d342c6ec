"""Children of fork that are left when their parent is gone."""

import os
import signal
from pathlib import Path

import pytest
from hanotify_agent import Server
from processes import run_script, wait_for


@pytest.mark.parametrize("module", ["hanotify_agent", "hanotify_agent.green"])
def test_a_server_starts_while_a_child_of_one_that_was_killed_lives(path: Path, module: str) -> None:
    code = "import os, sys, time\nserver = Server(sys.argv[1])\n"
    code += "if os.fork() == 0:\n    print(flush=True)\n    time.sleep(60)\nserver.run(print)"
    process = run_script(f"from {module} import Server\n" + code, path, start_new_session=True)
    wait_for(path)
    assert process.stdout is not None and process.stdout.readline() == "\n"
    process.kill()
    process.wait()
    assert Server(path).stop()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
