"""What each kind of server bears: long, slow, silent and many senders, and few descriptors."""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ask, connect, message
from hanotify_agent.green import Server
from processes import run_script, wait_for

KINDS = {
    "Server": "from hanotify_agent import Server\nserver = Server(sys.argv[1], **settings)\n{}\nserver.run(changed)",
    "green": "from hanotify_agent.green import Server\nserver = Server(sys.argv[1], **settings)\n{}\n"
    "server.run(changed)",
    "aio": "import asyncio\nfrom hanotify_agent import aio\nserver = aio.Server(sys.argv[1], **settings)\n{}\n"
    "asyncio.run(server.run(changed))",
}
HEAD = "import gc, os, resource, signal, sys, time\nfrom hanotify_agent import Limits\nsettings = {}\n"
MANY = 1_000_000 if os.environ.get("HANOTIFY_LONG") else 50_000
each_kind = pytest.mark.parametrize("kind", KINDS)


@contextlib.contextmanager
def serving(path: Path, kind: str, changed: str, before: str = "") -> "Iterator[subprocess.Popen[str]]":
    """A process with such a server; `before` is run before it listens, and SIGTERM stops it."""
    stops = "signal.signal(signal.SIGTERM, lambda *_: server.stop())"
    process = run_script(f"{HEAD}{before}\n{changed}\n{KINDS[kind].format(stops)}\nprint('ended')", path)
    try:
        wait_for(path)
        yield process
    finally:
        process.kill()
        process.communicate()


def end(process: "subprocess.Popen[str]") -> str:
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    return out


def status_of(process: "subprocess.Popen[str]", name: str) -> int:
    text = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(rf"(?m)^{name}:\s+(\d+)", text)
    assert found is not None
    return int(found[1])


def cpu_of(process: "subprocess.Popen[str]") -> float:
    """The processor time that it has had, in seconds."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@each_kind
def test_a_body_of_1_mb_comes_whole_where_the_limits_let_it_in(path: Path, kind: str) -> None:
    body = bytes(range(256)) * 4096
    long = message().replace(b"\r\n\r\n", f"\r\nContent-Length: {len(body)}\r\n\r\n".encode()) + body
    changed = "def changed(event):\n    print(len(event.body), event.body == bytes(range(256)) * 4096, flush=True)"
    with serving(path, kind, changed, "settings = {'limits': Limits(body=1 << 20)}") as process:
        assert ask(path, long) == 200
        head, _ = long.replace(str(len(body)).encode(), b"1048577").split(b"\r\n\r\n", 1)
        assert ask(path, head + b"\r\n\r\n") == 413
        assert end(process) == "1048576 True\nended\n"


@each_kind
def test_a_message_that_is_split_at_any_byte_is_one_event(path: Path, kind: str) -> None:
    text = message()
    with serving(path, kind, "def changed(event):\n    print(event.sequence)") as process:
        for at in range(1, len(text)):
            with socket.socket(socket.AF_UNIX) as client:
                connect(client, path)
                client.sendall(text[:at])
                time.sleep(0.001)
                client.sendall(text[at:])
                assert client.recv(1024).startswith(b"HTTP/1.1 200 ")
        assert end(process).split() == [str(number) for number in range(1, len(text))] + ["ended"]


@each_kind
def test_a_drip_ends_at_its_deadline_and_delays_nobody(path: Path, kind: str) -> None:
    with serving(path, kind, "def changed(event): pass", "settings = {'total_time': 2}") as process:
        with socket.socket(socket.AF_UNIX) as client:
            connect(client, path)
            client.setblocking(False)
            reply, answered = b"", 0
            for byte in message():
                with contextlib.suppress(BrokenPipeError):
                    client.send(bytes([byte]))
                answered += ask(path) == 200
                time.sleep(0.05)
                with contextlib.suppress(BlockingIOError):
                    reply = client.recv(1024)
                    break
            assert reply.startswith(b"HTTP/1.1 408 ") and answered > 5
        end(process)


@each_kind
def test_at_the_limit_of_descriptors_everybody_is_answered_and_nothing_spins(path: Path, kind: str) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)); settings = {'total_time': 3}"
    with serving(path, kind, "def changed(event): pass", limit) as process, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(60)]
        for client in silent:
            connect(client, path)
        time.sleep(0.3)
        before = cpu_of(process)
        assert ask(path) in (200, 503)
        time.sleep(1)
        assert cpu_of(process) - before < 0.5, "it spins"
        for client in silent:
            client.settimeout(10)
            assert client.recv(1024)[9:12] in (b"408", b"503")
        assert ask(path) == 200
        end(process)


@each_kind
def test_silent_connections_take_no_thread_and_keep_nobody_waiting(path: Path, kind: str) -> None:
    with serving(path, kind, "def changed(event): pass") as process, contextlib.ExitStack() as stack:
        assert ask(path) == 200
        before = status_of(process, "VmRSS")
        for _ in range(500):
            connect(stack.enter_context(socket.socket(socket.AF_UNIX)), path)
        assert ask(path) == 200
        assert len(os.listdir(f"/proc/{process.pid}/fd")) > 500, "they are held"
        assert status_of(process, "Threads") <= 2
        assert status_of(process, "VmRSS") - before < 4096, "in KiB"


@each_kind
def test_sigterm_with_senders_waiting_leaves_nobody_without_an_answer(path: Path, kind: str) -> None:
    replies: list[int] = []
    changed = "def changed(event):\n    print('began', flush=True)\n    time.sleep(0.5)"
    with serving(path, kind, changed) as process:
        senders = [threading.Thread(target=lambda: replies.append(ask(path))) for _ in range(20)]
        for sender in senders:
            sender.start()
        assert process.stdout is not None and process.stdout.readline() == "began\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        for sender in senders:
            sender.join()
        process.communicate(timeout=20)
        assert sorted(replies) == [200] + [503] * 19 and not path.exists()


@pytest.mark.timeout(900)
@each_kind
def test_many_notifications_leave_no_object_no_descriptor_and_no_memory_behind(path: Path, kind: str) -> None:
    changed = (
        "count = 0\ndef changed(event):\n    global count\n    count += 1\n"
        "    event.router_id, event.state, event.peer\n"
        f"    if count % {MANY // 5} == 0:\n        gc.collect()\n"
        "        rss = open('/proc/self/statm').read().split()[1]\n"
        "        print(len(gc.get_objects()), len(os.listdir('/proc/self/fd')), rss, flush=True)"
    )
    with serving(path, kind, changed) as process:
        assert all(ask(path) == 200 for _ in range(MANY))
        *lines, last = end(process).splitlines()
    assert last == "ended" and len(lines) == 5
    (objects, descriptors, pages), *_, (objects_then, descriptors_then, pages_then) = [
        [int(word) for word in line.split()] for line in lines
    ]
    assert objects_then - objects < 50 and descriptors_then == descriptors
    assert (pages_then - pages) * resource.getpagesize() < 1 << 20


def test_servers_that_come_and_go_leave_no_descriptor_and_no_thread(path: Path) -> None:
    def counts() -> "tuple[int, int]":
        return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))

    before = counts()
    for _ in range(50):
        with Server(path) as server:
            iter(server)
    del server
    until = time.monotonic() + 5
    while counts() > before:
        assert time.monotonic() < until
        time.sleep(0.01)
