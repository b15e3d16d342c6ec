"""What a monitor costs, and how soon it tells."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import time

from addresses import Addresses
from host import OK, Agent, Host, ip, wait_for

CHANGES = 200
EACH = 100
# What Neutron's own agent waits with, before 29.
BACKLOG = 5


def pss(pids):
    """KiB of these processes: what is shared is counted once, over all that share it."""
    total = 0
    for pid in pids:
        # Some have ended by now.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def descendants(pid):
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += descendants(int(child))
    return found


def wake_ups(pid):
    """How often it has waited. Whatever is mounted on the host wakes it up too."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return [line for line in lines if line.startswith("voluntary_ctxt_switches")]


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            return b""
        head += piece
    return head


class OneByOne(Agent):
    """An agent that takes one connection after the other: a thread for each would take most of the time."""

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.answer(self.socket.accept()[0])


class Changed:
    """A monitor's host, whose address is changed, and whose agent is this very thread: no other one takes time."""

    def __init__(self, folder, name, program):
        self.name, self.took = name, []
        self.host = Host(folder, name, program)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.host.folder / "keepalived-state-change"))
        self.listener.listen(128)
        self.kernel = Addresses(self.host.space, self.host.interface, self.host.cidr)

    def start(self):
        self.process = self.host.start()
        # The released monitor has no first state, and doesn't say when it follows.
        time.sleep(3)
        self.listener.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            while True:
                self.answer()
        self.listener.settimeout(10)

    def answer(self):
        connection = self.listener.accept()[0]
        with connection:
            head, now = read_head(connection), time.monotonic()
            # One that was told before this thread looked has given up by now, and comes again.
            with contextlib.suppress(OSError):
                connection.sendall(OK)
        return head, now

    def change(self, act, state):
        """`act` is done when the kernel has changed the address."""
        began = time.monotonic()
        act()
        while True:
            head, now = self.answer()
            if f"X-Neutron-State: {state}\r\n".encode() in head:
                self.took.append((now - began) * 1000)
                return

    def close(self):
        self.kernel.close()
        self.listener.close()
        self.host.close()


def latency(folder, programs):
    """From the change of an address to the notification, in turns; and the memory of each monitor."""
    monitors = [Changed(folder, name, program) for name, program in programs.items()]
    try:
        for monitor in monitors:
            monitor.start()
        for number in range(CHANGES):
            for monitor in monitors:
                kernel = monitor.kernel
                monitor.change(*(kernel.add, "primary") if number % 2 == 0 else (kernel.remove, "backup"))
                time.sleep(0.02)
        for monitor in monitors:
            took, pids = sorted(monitor.took), descendants(monitor.process.pid)
            print(f"{monitor.name}: change to notification: p50 {statistics.median(took):.2f} ms, "
                  f"p99 {took[CHANGES * 99 // 100]:.2f} ms, longest {took[-1]:.2f} ms, of {CHANGES}", flush=True)
            print(f"{monitor.name}: one router: {len(pids)} processes, {pss(pids)} KiB", flush=True)
    finally:
        for monitor in monitors:
            monitor.close()


def each(folder, name, program, routers):
    """The memory of a process for each router."""
    hosts = [Host(folder, name, program) for _ in range(routers)]
    try:
        for host in hosts:
            host.agent()
        pids = [pid for host in hosts for pid in descendants(host.run().pid)]
        total = pss(pids)
        print(f"{name}: a process for each of {routers} routers: {total} KiB, {total / routers:.0f} each", flush=True)
    finally:
        for host in hosts:
            host.close()


def spec(folder, specs, space, number):
    """The file of a router, which has a namespace and a folder of its own."""
    router = f"00000000-0000-4000-8000-{number:012x}"
    (folder / router).mkdir()
    text = {"router_id": router, "namespace": space, "interface": "ha-0", "cidr": "169.254.0.7/24",
            "conf_dir": str(folder / router)}
    (specs / f"{router}.json").write_text(json.dumps(text))


def many(folder, program, routers):
    """Many routers in one process, and all of them at once."""
    folder = pathlib.Path(folder) / f"many-{routers}"
    specs = folder / "specs"
    specs.mkdir(parents=True)
    spaces = [f"many-{os.getpid()}-{number}" for number in range(routers)]
    agent = OneByOne(folder / "keepalived-state-change", backlog=BACKLOG)
    monitor = None
    try:
        for number, space in enumerate(spaces, 1):
            ip("netns", "add", space)
            ip("-n", space, "link", "add", "ha-0", "type", "veth", "peer", "name", "ha-1")
            spec(folder, specs, space, number)
        began = time.monotonic()
        monitor = subprocess.Popen([program, "--all", specs, "--state_path", folder, "--log-file", folder / "log"])
        wait_for("all first states", lambda: len(agent.told) >= routers, 30)
        print(f"one process, {routers} routers: all told {agent.told[-1][0] - began:.2f} s after the start", flush=True)
        time.sleep(1)
        print(f"one process, {routers} routers: {pss([monitor.pid])} KiB", flush=True)
        before = wake_ups(monitor.pid)
        time.sleep(2)
        same = wake_ups(monitor.pid) == before
        print(f"one process, {routers} routers: {'no wake-up' if same else 'wake-ups'} in 2 s", flush=True)
        all_at_once(agent, monitor, spaces)
        began = time.monotonic()
        monitor.terminate()
        monitor.wait(10)
        print(f"one process, {routers} routers: SIGTERM to exit {(time.monotonic() - began) * 1000:.0f} ms", flush=True)
    finally:
        if monitor:
            monitor.kill()
            monitor.wait()
        agent.close()
        for space in spaces:
            ip("netns", "del", space, check=False)


def all_at_once(agent, monitor, spaces):
    """While it stands still, every router changes."""
    monitor.send_signal(signal.SIGSTOP)
    for space in spaces:
        ip("-n", space, "address", "add", "169.254.0.7/24", "dev", "ha-0")
    agent.told.clear()
    began = time.monotonic()
    monitor.send_signal(signal.SIGCONT)
    with contextlib.suppress(Exception):
        wait_for("all changes", lambda: agent.states().count("primary") >= len(spaces), 20)
    took = agent.told[-1][0] - began
    lost = len(spaces) - agent.states().count("primary")
    print(f"one process, {len(spaces)} changes at once, backlog {BACKLOG}: {lost} lost, {took:.2f} s", flush=True)


def main():
    # What was made is removed then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser()
    for name in "folder", "released", "monitor":
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("routers", nargs="+", type=int)
    args = parser.parse_args()
    latency(args.folder, {"hanotify": args.monitor, "29.0.0": args.released})
    each(args.folder, "hanotify", args.monitor, EACH)
    for routers in args.routers:
        many(args.folder, args.monitor, routers)


if __name__ == "__main__":
    main()
