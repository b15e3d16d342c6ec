"""The server for green threads, in processes of its own: hubs, signals, forks and ends."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from conftest import ask, asking
from processes import run_script, wait_for

PATCHES = {
    "eventlet": "import eventlet; eventlet.monkey_patch(); spawn, sleep = eventlet.spawn, eventlet.sleep",
    "gevent": "import gevent.monkey as m; m.patch_all(); import gevent; spawn, sleep = gevent.spawn, gevent.sleep",
    "eventlet, unpatched": "import eventlet; spawn, sleep = eventlet.spawn, eventlet.sleep",
    "gevent, unpatched": "import gevent; spawn, sleep = gevent.spawn, gevent.sleep",
}
GREEN = """
import logging, os, sys
from hanotify_agent import green
logging.basicConfig(level=logging.INFO)
before = len(os.listdir("/proc/self/fd"))
server = green.Server(sys.argv[1], {settings})
ticks = events = 0
def tick():
    global ticks
    while True:
        ticks += 1
        sleep(0.001)
def changed(event):
    global events
    events += 1
    sleep(0.001)
    if events == {count}:
        server.stop()
spawn(tick)
reader = spawn(server.run, changed)
reader.get() if hasattr(reader, "get") else reader.wait()
print(events, ticks > events, server.stop(), len(os.listdir("/proc/self/fd")) - before < 8)
"""


@pytest.mark.parametrize("patch", PATCHES)
def test_400_of_400_are_answered_while_green_threads_run(path: Path, patch: str) -> None:
    process = run_script(PATCHES[patch] + GREEN.format(settings="", count=400), path)
    wait_for(path)
    replies: list[int] = []

    def send() -> None:
        replies.extend(ask(path) for _ in range(100))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    out, errors = process.communicate(timeout=20)
    assert replies == [200] * 400, errors
    assert out == "400 True True True\n", errors
    assert "hanotify.server" in errors and "stopping" in errors, "its lines are logged by the reader"


@pytest.mark.parametrize("patch", ["eventlet", "gevent"])
def test_a_signal_handler_stops_it_under_a_hub(path: Path, patch: str) -> None:
    code = PATCHES[patch] + "\nimport signal, sys\nfrom hanotify_agent import green\n"
    code += "server = green.Server(sys.argv[1])\n"
    code += "asked = []\nsignal.signal(signal.SIGTERM, lambda *_: asked.append(server.stop()))\n"
    code += "spawn(server.run, lambda event: sleep(0.1))\nsleep(0.1)\n"
    # The handler runs in whichever green thread is at work, and this one may go on first.
    code += "while not (asked and repr(server).endswith('ended>')):\n    sleep(0.01)\n"
    code += "print(asked in ([True], [False]))"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=20)
    assert out == "True\n" and not path.exists(), errors


@pytest.mark.parametrize("patch", ["eventlet", "gevent"])
def test_a_green_thread_that_is_killed_has_taken_nothing(path: Path, patch: str) -> None:
    code = PATCHES[patch] + "\nimport sys\nfrom hanotify_agent import green\nserver = green.Server(sys.argv[1])\n"
    code += "began = []\ndef changed(event):\n    began.append(1)\n    sleep(60)\n"
    code += "reader = spawn(server.run, changed)\nwhile not began:\n    sleep(0.01)\nreader.kill()\nsleep(0.5)\n"
    code += "print(server.stop())"
    process = run_script(code, path)
    wait_for(path)
    assert ask(path) == 503
    out, errors = process.communicate(timeout=20)
    assert out == "True\n" and not path.exists(), errors


NATIVE = "import sys, threading, time\nfrom hanotify_agent import green\nserver = green.Server(sys.argv[1])\n"


@pytest.mark.parametrize("ends", ["time.sleep(1)", "time.sleep(1); sys.exit(3)"])
def test_an_interpreter_that_ends_answers_those_that_wait(path: Path, ends: str) -> None:
    code = NATIVE + "run = lambda: server.run(lambda event: time.sleep(60))\n"
    code += "threading.Thread(target=run, daemon=True).start()\n" + ends
    process, replies = run_script(code, path), list[int]()
    wait_for(path)
    senders = [asking(path, replies) for _ in range(10)]
    out, errors = process.communicate(timeout=20)
    for sender in senders:
        sender.join()
    assert replies == [503] * 10 and process.returncode == (3 if "exit" in ends else 0), errors
    assert not path.exists() and errors == ""


def test_sigint_ends_a_loop_on_the_main_thread(path: Path) -> None:
    process = run_script(NATIVE + "for event in server:\n    print(event.state, flush=True)", path)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=10)
    assert out == "primary\n" and process.returncode == -signal.SIGINT and not path.exists(), errors


CHILD = """
import os
def kinds():
    paths = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    links = [os.readlink(path) for path in paths if os.path.islink(path)]
    return [sum(kind in link for link in links) for kind in ("socket:", "eventfd")]
number = 0
with server:
    for event in server:
        number += 1
        before = kinds()
        if os.fork() == 0:
            # The listening socket, the connection and the reader's own descriptor.
            print([was - now for was, now in zip(before, kinds())], server.stop(), flush=True)
            try:
                next(server)
            except RuntimeError as error:
                print("forked" in str(error), flush=True)
            sys.exit(0)
        os.wait()
        if number == 3:
            server.stop()
"""


def test_a_child_of_fork_answers_for_nobody(path: Path) -> None:
    process = run_script(NATIVE + CHILD, path)
    wait_for(path)
    assert [ask(path) for _ in range(3)] == [200] * 3
    out, errors = process.communicate(timeout=10)
    assert out == "[2, 1] True\nTrue\n" * 3 and not path.exists(), errors


def test_a_child_outlives_its_parent_without_its_socket(path: Path) -> None:
    code = NATIVE + "import os\nfor event in server:\n    if os.fork() == 0:\n        time.sleep(60)\n"
    process = run_script(code, path, start_new_session=True)
    wait_for(path)
    assert ask(path) == 200
    process.kill()
    process.wait()
    time.sleep(0.3)
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(str(path))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
