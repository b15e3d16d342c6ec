"""Routers whose addresses, interfaces, namespaces, folders and agent come and go at random: at every quiet moment the
kernel, the state file and the last notification agree, and the monitors have grown by nothing."""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time

import upheaval
from host import Agent, Failed
from upheaval import Router

ROUTERS = 6
# Seconds after which all agree: a reply that never comes takes 2, the pause after it 1, and this machine is busy.
PATIENCE = 15
# For so many quiet moments, nothing is there yet that will be there always.
WARM_UP = 5
# How many are wanted after that, even if it takes longer than it should.
ENOUGH = 6
# KiB by which the memory may differ between the first third and the last: of the samples, the median counts.
GROWTH = 128
REPLIES = {
    "ok": (8, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "as of 29": (4, b"HTTP/1.1 200 OK\nContent-Type: text/plain; charset=UTF-8\nConnection: close\nContent"),
    "fails": (2, b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"),
    "busy": (2, b"HTTP/1.1 503 Service Unavailable\r\n\r\n"),
    "closes": (1, b""),
    "nonsense": (1, b"nonsense\r\n"),
    "hangs": (1, None),
}


class Told(Agent):
    """An agent that knows what it has accepted."""

    def __init__(self, path, reply, accepted):
        self.accepted = accepted
        super().__init__(path, reply)

    def note(self, router_id, state, reply):
        if reply and reply.startswith(b"HTTP/1.1 200"):
            self.accepted[router_id] = state


class Soak:
    def __init__(self, folder, program, seed):
        self.folder, self.program, self.chance = pathlib.Path(folder), program, random.Random(seed)
        (self.folder / "routers").mkdir()
        self.accepted, self.replies, self.mode, self.counts = {}, REPLIES, "ok", collections.Counter()
        self.agent = self.begin_agent()
        self.routers = [Router(self.folder, number, is_single=number == 0) for number in range(ROUTERS)]
        self.processes = {}
        self.samples, self.descriptors = [], {}

    def begin_agent(self):
        return Told(self.folder / "keepalived-state-change", lambda number: REPLIES[self.mode][1], self.accepted)

    def begin(self):
        # As the unit starts it; the scenarios are without.
        common = ["--sandbox", "--state_path", self.folder, "--log-file", self.folder / "log"]
        self.start("all", ["monitor", "--all", self.folder / "routers", *common])
        self.start("one", ["monitor", *self.routers[0].options(), *common])

    def start(self, name, words):
        self.processes[name] = subprocess.Popen([self.program, *map(str, words)])

    def round(self):
        """Changes at random, and then rest. What was done, for whoever has to find out why all do not agree then."""
        done = []
        for _ in range(self.chance.randint(1, 25)):
            act = self.chance.choices(upheaval.ACTS, [act.weight for act in upheaval.ACTS])[0]
            router = self.chance.choice(self.routers)
            done.append(f"{act.__name__} {router.number}")
            self.counts[act.__name__] += 1
            act(self, router)
        try:
            self.rest()
        except Failed as failed:
            raise Failed(f"{failed}\nthe round: {', '.join(done)}") from None

    def rest(self):
        """All is well again, but for what may be gone for good; waits until all agree."""
        self.mode = "ok"
        is_whole = self.chance.random() < 0.3
        for router in self.routers:
            router.mend(is_whole)
        end = time.monotonic() + PATIENCE
        while wrong := [each for router in self.routers if (each := router.disagreement(self.accepted))]:
            self.check_processes()
            if time.monotonic() > end:
                raise Failed("; ".join(wrong))
            time.sleep(0.05)
        # Whatever was still on its way would show by now.
        time.sleep(0.1)
        if wrong := [each for router in self.routers if (each := router.disagreement(self.accepted))]:
            raise Failed(f"all agreed for a moment: {'; '.join(wrong)}")
        if is_whole:
            self.take_sample()

    def take_sample(self):
        """With all there, each has the descriptors that it had at first, as soon as it has taken up what is new."""
        for name, process in self.processes.items():
            expected = self.descriptors.setdefault(name, len(descriptors(process.pid)))
            end = time.monotonic() + PATIENCE
            while len(found := descriptors(process.pid)) != expected:
                if time.monotonic() > end:
                    raise Failed(f"{name}: {len(found)} descriptors, and {expected} at first: {found}")
                time.sleep(0.05)
        self.samples.append({name: own_memory(process.pid) for name, process in self.processes.items()})

    def check_processes(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise Failed(f"the monitor {name} ended with status {process.returncode}")

    def check_growth(self):
        samples = self.samples[WARM_UP:]
        for name in self.processes:
            third = len(samples) // 3
            before, after = (statistics.median(sample[name] for sample in part)
                             for part in (samples[:third], samples[-third:]))
            print(f"{name}: {self.descriptors[name]} descriptors, {before:.0f} KiB of its own in the first third, "
                  f"{after:.0f} KiB in the last", flush=True)
            if after - before > GROWTH:
                raise Failed(f"{name}: the memory has grown")

    def end(self):
        for name, process in self.processes.items():
            process.send_signal(signal.SIGTERM)
            if process.wait(5):
                raise Failed(f"the monitor {name} ended with status {process.returncode}")

    def close(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.agent.close()
        for router in self.routers:
            router.close()


def descriptors(pid):
    """What it has open."""
    found = []
    for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(os.readlink(path))
    return sorted(found)


def own_memory(pid):
    """KiB that are the process's own."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


def main():
    # What was made is removed then too. SIGHUP comes as well where a shell ends while a monitor stands still.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--hanotify", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    soak, rounds, end = Soak(args.folder, args.hanotify, args.seed), 0, time.monotonic() + args.seconds
    try:
        soak.begin()
        soak.rest()
        # Until the last connections to the agent are closed.
        time.sleep(2)
        soak.take_sample()
        while time.monotonic() < end or len(soak.samples) < WARM_UP + ENOUGH:
            soak.round()
            rounds += 1
            if rounds % 50 == 0:
                print(f"{rounds} rounds, {sum(soak.counts.values())} changes", flush=True)
        soak.check_growth()
        soak.end()
    except Failed as failed:
        log = (soak.folder / "log").read_text() if (soak.folder / "log").exists() else ""
        sys.exit(f"FAILED in round {rounds + 1} of seed {args.seed}: {failed}\n{log[-4000:]}")
    finally:
        soak.close()
    print(f"{rounds} quiet moments, at which all agreed, after {json.dumps(soak.counts)}")


if __name__ == "__main__":
    main()
