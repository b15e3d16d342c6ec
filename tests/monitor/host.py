"""A host for a scenario: a network namespace with a router's interface, an agent's socket, and a monitor."""

import contextlib
import itertools
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

ID = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
# As the agent of Neutron 29 replies, byte for byte.
OF_29 = b"""HTTP/1.1 200 OK
Content-Type: text/plain; charset=UTF-8
Connection: close
Content-Location': http://127.0.0.1/"""
NUMBERS = itertools.count()


class Failed(Exception):
    """The monitor did not do what the scenario is about."""


# How much longer than hanotify's the monitor that is tried may take.
patience = 1


def wait_for(what, condition, seconds=6):
    """Waits until the condition holds, and says how long that took."""
    begin = time.monotonic()
    seconds *= patience
    while not condition():
        if time.monotonic() - begin > seconds:
            raise Failed(f"waited {seconds} s for {what}")
        time.sleep(0.002)
    return time.monotonic() - begin


def ip(*words, check=True, lines=None):
    command = ["ip", *words] if lines is None else ["ip", *words, "-batch", "-"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{command}: {done.stderr}")


class Agent:
    """An agent's socket. `reply` makes a reply from the number of the request, or None for none."""

    def __init__(self, path, reply=lambda number: OK, backlog=128):
        self.path, self.reply, self.told, self.open = path, reply, [], []
        # The states of each router.
        self.of = {}
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(backlog)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
        router_id, state = fields["x-neutron-router-id"], fields["x-neutron-state"]
        self.of.setdefault(router_id, []).append(state)
        self.told.append((time.monotonic(), state))
        reply = self.reply(len(self.told))
        self.note(router_id, state, reply)
        if reply is None:
            # Kept open: the agent hangs.
            self.open.append(connection)
            return
        with contextlib.suppress(OSError):
            connection.sendall(reply)
        connection.close()

    def note(self, router_id, state, reply):
        """For whoever wants to know what was replied, before it is sent."""

    def states(self):
        return [state for _, state in self.told]

    def last(self):
        return self.told[-1][1] if self.told else None

    def close(self):
        # A thread that waits in accept() keeps the socket open.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.open:
            connection.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


class Host:
    """All that a scenario needs; what is left of it is removed at the end."""

    def __init__(self, folder, name, program):
        global patience
        patience = 1 if name == "hanotify" else 2
        self.number, self.name, self.program = next(NUMBERS), name, program
        self.folder = pathlib.Path(folder) / str(self.number)
        self.conf = self.folder / "conf"
        self.conf.mkdir(parents=True)
        # Some scenarios have another user in it.
        pathlib.Path(folder).chmod(0o755)
        self.space = f"qrouter-monitor-{os.getpid()}-{self.number}"
        self.cidr, self.interface, self.id = "169.254.0.7/24", "ha-0", ID
        self.processes, self.agents, self.spaces = [], [], {self.space}
        self.make_space()

    # The kernel's side.
    def make_space(self, space=None):
        space = space or self.space
        self.spaces.add(space)
        ip("netns", "add", space)
        lines = ["link add ha-0 type veth peer name ha-1", "link set ha-0 up", "link set ha-1 up", "link set lo up"]
        ip("-n", space, lines="\n".join(lines))

    def batch(self, *lines):
        ip("-n", self.space, lines="\n".join(lines))

    def add(self, cidr=None, interface=None):
        self.batch(f"address add {cidr or self.cidr} dev {interface or self.interface}")

    def remove(self, cidr=None, interface=None):
        self.batch(f"address del {cidr or self.cidr} dev {interface or self.interface}")

    # The agent's side.
    def agent(self, **how):
        agent = Agent(self.folder / "keepalived-state-change", **how)
        self.agents.append(agent)
        return agent

    def state(self):
        try:
            return (self.conf / "state").read_text()
        except OSError:
            return None

    # The monitor.
    @property
    def is_24(self):
        return self.name.startswith("24")

    # By `tests/monitor/run --sandbox`.
    is_sandboxed = "HANOTIFY_TEST_SANDBOX" in os.environ

    @property
    def is_hanotify(self):
        return self.name == "hanotify"

    def options(self, joined, **other):
        values = {
            "router_id": self.id, "namespace": self.space, "conf_dir": self.conf,
            "log-file": self.folder / "log", "monitor_interface": self.interface, "monitor_cidr": self.cidr,
            "pid_file": self.folder / f"{self.id}.monitor.pid", "state_path": self.folder, **other,
        }
        pairs = [(f"--{name}", str(value)) for name, value in values.items() if value is not None]
        return [f"{name}={value}" for name, value in pairs] if joined else [word for pair in pairs for word in pair]

    def command(self):
        if self.is_hanotify:
            called = self.folder / "neutron-keepalived-state-change"
            if not called.exists():
                called.symlink_to(self.program)
            return [str(called)]
        return [self.program] if self.is_24 else ["sh", self.program]

    def start(self, *switches, joined=None, env=None, **options):
        """Starts a monitor as its release's agent does; pipes are never read."""
        joined = self.is_24 if joined is None else joined
        process = self.start_with([*self.options(joined, **options), *switches], env)
        if joined:
            try:
                # 24.2.2 takes seconds to start, and more on a busy machine.
                code = process.wait(60)
            except subprocess.TimeoutExpired:
                raise Failed("the command did not return") from None
            if code:
                raise Failed(f"exit {code}: {process.stderr.read().decode()}")
        return process

    def start_with(self, words, env=None, prefix=()):
        # conntrackd would be in it too.
        if self.is_hanotify and self.is_sandboxed and "--enable_conntrackd" not in words:
            words = [*words, "--sandbox"]
        # 24.2.2 hands its pipes on to what stays in the background, where nobody is to wait for their end.
        process = subprocess.Popen([*prefix, *self.command(), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**os.environ, **(env or {})}, start_new_session=True)
        self.processes.append(process)
        return process

    def pid(self):
        try:
            return int((self.folder / f"{self.id}.monitor.pid").read_text())
        except (OSError, ValueError):
            return None

    def run(self, *switches, **how):
        """Starts a monitor and waits until it follows."""
        process = self.start(*switches, **how)
        wait_for("the state file", self.state, 20)
        # 29's has no first state until an address changes, 24's a second later; neither says when it follows.
        if not self.is_hanotify:
            time.sleep(3)
        return process

    def log(self):
        with contextlib.suppress(OSError):
            return (self.folder / "log").read_text()
        return ""

    def close(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in process.stdin, process.stdout, process.stderr:
                pipe.close()
        # What went into the background has this scenario's folder in its options.
        for words in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if os.fsencode(f"{self.folder}/") in words.read_bytes():
                    os.kill(int(words.parent.name), signal.SIGKILL)
        for agent in self.agents:
            agent.close()
        for space in self.spaces:
            left = subprocess.run(["ip", "netns", "pids", space], capture_output=True, text=True, check=False)
            for pid in left.stdout.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            ip("netns", "del", space, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
