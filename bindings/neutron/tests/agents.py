"""Neutron's real agent as a command, and senders: for the tests, and for what compares."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import uuid

HERE = pathlib.Path(__file__).parent
OURS, OWN = "neutron-l3-agent-hanotify", "neutron-l3-agent"

CONFIG = """
[DEFAULT]
transport_url = fake://
host = here
state_path = {folder}/state
ha_confs_path = {folder}/confs
ha_vrrp_advert_int = 1
interface_driver = stand_ins.Driver
enable_metadata_proxy = false
log_dir = {folder}
periodic_fuzzy_delay = 0
[AGENT]
root_helper = env
[oslo_concurrency]
lock_path = {folder}/lock
[hanotify]
{settings}
"""


def new_routers(count):
    return [str(uuid.uuid4()) for _ in range(count)]


def message(router_id, state="primary"):
    """As the shell monitor's curl sends it."""
    return (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
        f"X-Neutron-Router-Id: {router_id}\r\nX-Neutron-State: {state}\r\nConnection: close\r\n\r\n"
    ).encode()


def send(path, data):
    """A connection on which this was sent."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    try:
        client.connect(str(path))
        client.sendall(data)
    except OSError:
        client.close()
        raise
    return client


def status(client):
    """The status that came, 0 if nothing did, and -1 for what has none."""
    with client:
        try:
            reply = client.recv(4096)
        except ConnectionResetError:
            return 0
    found = re.match(rb"HTTP/1\.[01] (\d{3})", reply)
    return int(found[1]) if found else -bool(reply)


def ask(path, data):
    return status(send(path, data))


def wait_for(what, condition, seconds=30):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.02)
    return found


class Agent:
    """An agent that is a process of its own, in a folder of its own."""

    def __init__(self, folder, routers=(), command=OURS, settings="", beside=None, code=None, **world):
        """`beside` is the Python that has Neutron, if it is not this one; `code` is what it runs for the command."""
        self.folder, self.command = folder, command
        for name in ("state", "confs", "lock"):
            (folder / name).mkdir(exist_ok=True)
        self.socket = folder / "state/keepalived-state-change"
        self.log_file = folder / f"{OWN}.log"
        (folder / "conf").write_text(CONFIG.format(folder=folder, settings=settings))
        world = {"routers": list(routers), "sync_seconds": 0, "router_seconds": 0, "monitored": False, **world}
        (folder / "world").write_text(json.dumps(world))
        python = pathlib.Path(beside or sys.executable)
        run = [python, "-c", code] if code else [python.parent / command]
        self.command_line = [*run, "--config-file", folder / "conf"]
        self.environment = {**os.environ, "PYTHONPATH": str(HERE), "HANOTIFY_TEST_WORLD": str(folder / "world"),
                            "PYTHONWARNINGS": "ignore"}
        with (folder / "out").open("a") as out:
            # Not in the folder above, where the package is that isn't installed.
            self.process = subprocess.Popen(self.command_line, env=self.environment, cwd=folder, stdout=out,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)

    def wait_until_listening(self):
        wait_for("the socket", lambda: self.process.poll() is not None or self.is_listening())
        assert self.process.poll() is None, self.log()
        return self

    def wait_until_synced(self, times=1):
        wait_for("the first sync", lambda: self.log().count("the agent knows its routers") >= times)
        return self

    def is_listening(self):
        try:
            send(self.socket, b"").close()
        except OSError:
            return False
        return True

    def worker(self):
        """The process that has the server."""
        with send(self.socket, b"") as client:
            return int.from_bytes(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)

    def ask(self, router_id, state="primary"):
        return ask(self.socket, message(router_id, state))

    def log(self):
        paths = [self.folder / "out", *self.folder.glob("*.log")]
        return "\n".join(path.read_text() for path in paths)

    def transitions(self, router_id):
        """The states that the agent has told of this router, in their order."""
        return re.findall(rf"Router {router_id} transitioned to (\w+)", self.log())

    def ha_state(self, router_id):
        """What the agent's router has for its `ha_state`, which it writes to its file."""
        path = self.folder / f"confs/{router_id}.state"
        return path.read_text() if path.exists() else None

    def wait_for_state(self, router_id, state):
        wait_for(f"{router_id} to be {state}", lambda: self.ha_state(router_id) == state)

    def end(self, seconds=20):
        """Ends it as systemd does, and returns its status."""
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self):
        # Neutron 29 makes a group of its own, in which its worker is.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
