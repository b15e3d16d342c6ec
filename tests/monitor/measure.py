"""What a monitor costs, and how soon it tells."""

import argparse
import contextlib
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

from host import Agent, Host, ip, wait_for

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


def latency(folder, name, program):
    """From the change of an address to the notification; and the memory of the monitor."""
    host = Host(folder, name, program)
    try:
        agent = host.agent()
        process = host.run()
        took = []
        with subprocess.Popen(["ip", "-n", host.space, "-batch", "-"], stdin=subprocess.PIPE, text=True) as changer:
            for number in range(CHANGES):
                act, state = ("add", "primary") if number % 2 == 0 else ("del", "backup")
                agent.told.clear()
                began = time.monotonic()
                changer.stdin.write(f"address {act} {host.cidr} dev {host.interface}\n")
                changer.stdin.flush()
                wait_for(state, lambda state=state: agent.last() == state, 10)
                took.append((agent.told[-1][0] - began) * 1000)
                time.sleep(0.01)
        took.sort()
        pids = descendants(process.pid)
        print(f"{name}: change to notification: p50 {statistics.median(took):.2f} ms, "
              f"p99 {took[CHANGES * 99 // 100]:.2f} ms, longest {took[-1]:.2f} ms, of {CHANGES}", flush=True)
        print(f"{name}: one router: {len(pids)} processes, {pss(pids)} KiB", flush=True)
    finally:
        host.close()


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


def many(folder, program, routers):
    """Many routers in one process, and all of them at once."""
    folder = pathlib.Path(folder) / f"many-{routers}"
    folder.mkdir()
    spaces = [f"many-{os.getpid()}-{number}" for number in range(routers)]
    agent = Agent(folder / "agent", backlog=BACKLOG)
    monitor = None
    try:
        for space in spaces:
            ip("netns", "add", space)
            ip("-n", space, "link", "add", "ha-0", "type", "veth", "peer", "name", "ha-1")
        began = time.monotonic()
        monitor = subprocess.Popen([program, agent.path, folder, *spaces], stdout=subprocess.PIPE, text=True)
        wait_for("all first states", lambda: len(agent.told) >= routers, 30)
        print(f"one process, {routers} routers: all told {agent.told[-1][0] - began:.2f} s after the start", flush=True)
        time.sleep(1)
        print(f"one process, {routers} routers: {pss([monitor.pid])} KiB", flush=True)
        before = wake_ups(monitor.pid)
        time.sleep(2)
        same = wake_ups(monitor.pid) == before
        print(f"one process, {routers} routers: {'no wake-up' if same else 'wake-ups'} in 2 s", flush=True)
        all_at_once(agent, monitor, spaces)
    finally:
        if monitor:
            monitor.kill()
            monitor.wait()
            monitor.stdout.close()
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
    for name in "folder", "released", "hanotify", "many":
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("routers", nargs="+", type=int)
    args = parser.parse_args()
    latency(args.folder, "hanotify", args.hanotify)
    latency(args.folder, "29.0.0", args.released)
    each(args.folder, "hanotify", args.hanotify, EACH)
    for routers in args.routers:
        many(args.folder, args.many, routers)


if __name__ == "__main__":
    main()
