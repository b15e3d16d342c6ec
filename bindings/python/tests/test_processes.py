"""A server and the process that it is in: its signals, its children, its threads, and its end."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from conftest import ask
from processes import run_script, wait_for


MAIN = """
import signal, sys
from hanotify_agent import Server
server = Server(sys.argv[1])
{before}
try:
    server.run(lambda event: print(event.state, flush=True))
finally:
    print("ended", flush=True)
"""


@pytest.mark.parametrize(
    ("before", "sent", "status"),
    [
        ("", signal.SIGINT, -signal.SIGINT),
        ("signal.signal(signal.SIGTERM, lambda *_: server.stop())", signal.SIGTERM, 0),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))", signal.SIGTERM, 3),
    ],
)
def test_signals_of_the_main_thread_are_heeded(path: Path, before: str, sent: signal.Signals, status: int) -> None:
    process = run_script(MAIN.format(before=before), path)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(sent)
    out, errors = process.communicate(timeout=10)
    assert out == "primary\nended\n" and process.returncode == status, errors
    assert not path.exists()


FORK = """
import os, signal, sys, time
from hanotify_agent import Server
server = Server(sys.argv[1])
def sink(event):
    if os.fork() == 0:
        {child}
if {at_once} and os.fork() == 0:
    time.sleep(60)
    os._exit(0)
server.run(sink)
"""


def test_a_child_of_fork_holds_no_socket(path: Path) -> None:
    process = run_script(FORK.format(child="os._exit(0)", at_once=True), path, start_new_session=True)
    wait_for(path)
    time.sleep(0.3)
    process.kill()
    process.wait()
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(str(path))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_child_that_returns_from_the_sink_answers_nobody(path: Path) -> None:
    process = run_script(FORK.format(child="return", at_once=False), path)
    wait_for(path)
    assert [ask(path) for _ in range(3)] == [200] * 3
    assert path.exists()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert errors.count("a child of fork returned from the sink") == 3


def test_a_child_that_ends_leaves_the_socket_of_its_parent(path: Path) -> None:
    code = "import os, sys\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "if os.fork() == 0:\n    sys.exit(0)\nos.wait()\nprint(os.path.exists(sys.argv[1]))"
    process = run_script(code, path)
    out, errors = process.communicate(timeout=10)
    assert out == "True\n", errors


def test_a_child_that_leaves_the_with_block_or_stops_ends_as_it_would_without_a_server(path: Path) -> None:
    code = "import os, sys\nfrom hanotify_agent import Server\n"
    code += "with Server(sys.argv[1]) as server:\n    if os.fork() == 0:\n"
    code += "        assert server.stop()\n        sys.exit(7)\n"
    code += "    assert os.waitstatus_to_exitcode(os.wait()[1]) == 7\n    print(os.path.exists(sys.argv[1]))"
    process = run_script(code, path)
    assert process.communicate(timeout=10) == ("True\n", "")


def test_a_child_of_a_running_server_ends_without_a_word(path: Path) -> None:
    code = "import os, sys, threading, time\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "threading.Thread(target=server.run, args=(print,), daemon=True).start()\ntime.sleep(0.3)\n"
    # CPython has a word on threads from 3.12 on.
    code = "import warnings\nwarnings.simplefilter('ignore', DeprecationWarning)\n" + code
    code += "if os.fork() == 0:\n    sys.exit(0)\nos.wait()\nprint(os.path.exists(sys.argv[1]))"
    process = run_script(code, path)
    assert process.communicate(timeout=10) == ("True\n", "")


def test_a_relative_path_is_closed_in_a_child_too(tmp_path: Path) -> None:
    code = "import os, sys\nfrom hanotify_agent import Server\nserver = Server('socket')\n"
    code += "def sockets():\n    fds = [f'/proc/self/fd/{fd}' for fd in os.listdir('/proc/self/fd')]\n"
    code += "    return sum('socket:' in os.readlink(fd) for fd in fds if os.path.islink(fd))\n"
    code += "print(sockets(), flush=True)\nif os.fork() == 0:\n"
    code += "    print(sockets(), flush=True)\n    os._exit(0)\nos.wait()"
    out, errors = run_script(code, tmp_path, cwd=tmp_path).communicate(timeout=10)
    assert out == "1\n0\n", errors


def test_what_ends_a_program_goes_through_the_sink(path: Path) -> None:
    code = "import sys\nfrom hanotify_agent import Server\nServer(sys.argv[1]).run(lambda event: sys.exit(5))"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 500
    assert process.wait(10) == 5
    process.communicate()


@pytest.mark.parametrize(
    "patch", ["import eventlet; eventlet.monkey_patch()", "import gevent.monkey as m; m.patch_all()"]
)
def test_where_threads_are_green_run_refuses_and_says_what_to_do(path: Path, patch: str) -> None:
    code = f"{patch}\nimport sys, threading\nfrom hanotify_agent import Server\n"
    code += "with Server(sys.argv[1]) as server:\n    try:\n        server.run(print)\n"
    code += "    except RuntimeError as error:\n"
    code += "        print('patched' in str(error), 'hanotify_agent.green' in str(error))"
    out, errors = run_script(code, path).communicate(timeout=20)
    assert out == "True True\n", errors


def test_a_native_thread_below_eventlet_may_run_it(path: Path) -> None:
    code = "import eventlet; eventlet.monkey_patch()\nimport sys, time\nfrom hanotify_agent import Server\n"
    code += "server = Server(sys.argv[1])\nnative = eventlet.patcher.original('threading')\n"
    code += "thread = native.Thread(target=server.run, args=(lambda event: None,))\nthread.start()\n"
    code += "eventlet.patcher.original('time').sleep(1)\nprint(server.stop())\n"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 200
    out, errors = process.communicate(timeout=20)
    assert out == "True\n", errors


def test_an_interpreter_that_ends_answers_or_hangs_up(path: Path) -> None:
    code = "import sys, threading, time\nfrom hanotify_agent import Server\nserver = Server(sys.argv[1])\n"
    code += "threading.Thread(target=server.run, args=(lambda event: time.sleep(0.2),), daemon=True).start()\n"
    code += "time.sleep(1)"
    process = run_script(code, path)
    wait_for(path)
    statuses = []
    while process.poll() is None:
        try:
            statuses.append(ask(path))
        except OSError:
            break
    out, errors = process.communicate(timeout=10)
    assert set(statuses) <= {200, 503, 0} and process.returncode == 0 and "panicked" not in errors
