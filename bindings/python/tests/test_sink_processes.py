"""The sinks in processes of their own: ends, signals, forks, hubs, and the interpreter's lock."""

import signal
from pathlib import Path

import pytest
from conftest import ROUTER, ask
from processes import run_script, wait_for
from test_hubs import PATCHES


@pytest.mark.parametrize("kind", ["Latest", "lambda callback: Debounce(callback, primary=0)"])
def test_what_ends_a_program_goes_through_an_adapter(path: Path, kind: str) -> None:
    code = f"import sys\nfrom hanotify_agent import *\nsink = ({kind})(lambda event: sys.exit(5))\n"
    process = run_script(code + "Server(sys.argv[1]).run(sink)", path)
    wait_for(path)
    assert ask(path) == 200
    out, errors = process.communicate(timeout=15)
    assert process.returncode == 5, errors
    assert f"router {ROUTER} is primary: lost" in errors


@pytest.mark.parametrize("kind", ["Queue(5)", "Latest()"])
def test_a_reader_on_the_main_thread_heeds_signals(path: Path, kind: str) -> None:
    code = f"import sys, threading\nfrom hanotify_agent import *\nsink = {kind}\nserver = Server(sys.argv[1])\n"
    code += "threading.Thread(target=server.run, args=(sink,), daemon=True).start()\n"
    code += "for event in sink:\n    print(event.state, flush=True)"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 200
    assert process.stdout is not None and process.stdout.readline() == "primary\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT and not path.exists(), errors


def test_no_adapter_holds_the_interpreter_s_lock(path: Path) -> None:
    """The server goes on while Python does nothing but hold the lock: in one call that never looks up."""
    code = "import sys, threading, time\nfrom hanotify_agent import *\n"
    code += "queue = Queue(1000)\nserver = Server(sys.argv[1])\n"
    code += "known = Known(sys.argv[2:], queue)\n"
    code += "threading.Thread(target=server.run, args=(known,), daemon=True).start()\ntime.sleep(0.3)\n"
    code += "print('holds', flush=True)\nsum(range(10 ** 9))\n"
    process = run_script("import sys; sys.argv.append('" + ROUTER + "')\n" + code, path)
    assert process.stdout is not None and process.stdout.readline() == "holds\n"
    assert [ask(path) for _ in range(50)] == [200] * 50
    assert process.poll() is None
    process.kill()
    process.communicate()


def test_a_child_of_fork_uses_no_sink_of_its_parent(path: Path) -> None:
    code = "import os, sys\nfrom hanotify_agent import *\nqueue = Queue(5)\nknown = Known([], queue)\n"
    code += "states = States(known)\nif os.fork() == 0:\n"
    code += "    for use in (queue.get, queue.close, lambda: known.add('x'), known.__len__, states.routers):\n"
    code += "        try:\n            use()\n"
    code += "        except RuntimeError as error:\n            print('forked' in str(error))\n"
    code += "        except ValueError:\n            print('value')\n    sys.stdout.flush()\n    os._exit(0)\nos.wait()"
    out, errors = run_script(code, path).communicate(timeout=10)
    assert out == "True\nTrue\nvalue\nTrue\nTrue\n", errors


@pytest.mark.parametrize("patch", ["eventlet", "gevent"])
def test_a_green_thread_reads_no_sink(path: Path, patch: str) -> None:
    code = f"{PATCHES[patch]}\nfrom hanotify_agent import *\nfor sink in (Queue(1), Latest()):\n"
    code += "    try:\n        sink.get()\n    except RuntimeError as error:\n        print('patched' in str(error))"
    out, errors = run_script(code, path).communicate(timeout=20)
    assert out == "True\nTrue\n", errors


def test_a_look_at_the_known_routers_lets_others_change_them(path: Path) -> None:
    """The text of an id is made by code of Python's, in the middle of which another thread may have its turn."""
    code = "import sys, threading, uuid\nfrom hanotify_agent import Known\nknown = Known([], print)\n"
    code += "class Id:\n    def __str__(self):\n        known.add(text)\n        return text\n"
    code += "text = str(uuid.uuid4())\nprint(Id() in known, len(known))"
    process = run_script(code, path)
    try:
        assert process.communicate(timeout=10) == ("True 1\n", "")
    finally:
        process.kill()
