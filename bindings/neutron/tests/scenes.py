"""What is tried on two agents in turn, for `bindings/neutron/compare`. Each scene yields its rows, with a value for
each agent."""

import contextlib
import itertools
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

from agents import Agent, message, new_routers, send, status, wait_for

FAILING = "fa17fa17-fa17-4a17-8a17-fa17fa17fa17"
TICKS = os.sysconf("SC_CLK_TCK")
# Neutron 29 takes up ten in a second.
ROUTERS = 250
# How often each is told.
REPEAT = 4
AT_ONCE = 500
OUTCOMES = ("pass", "fail", "noted", "not-seen")


class Place:
    """Where the agents of a release run, each in a folder of its own."""

    def __init__(self, folder, beside, hanotify):
        self.folder, self.beside, self.hanotify = folder, beside, hanotify
        self.count = 0

    @contextlib.contextmanager
    def agent(self, command, routers, ready=True, **options):
        """One that has these routers."""
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir(exist_ok=True)
        agent = Agent(folder, routers, command=command, beside=self.beside, **options)
        try:
            agent.wait_until_listening()
            if ready:
                await_routers(agent, len(routers))
            yield agent
        finally:
            agent.kill()

    @contextlib.contextmanager
    def agents(self, commands, routers, **options):
        with contextlib.ExitStack() as stack:
            agents = [stack.enter_context(self.agent(command, routers, ready=False, **options)) for command in commands]
            for agent in agents:
                await_routers(agent, len(routers))
            yield agents


def await_routers(agent, count):
    wait_for("its routers", lambda: agent.log().count("Finished a router update") >= count, 120)


def cpu(pid):
    """Seconds of processor time of all its threads, those that have ended too."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid):
    """Threads, and resident and virtual kilobytes."""
    with open(f"/proc/{pid}/status") as file:
        text = file.read()
    return [int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("Threads", "VmRSS", "VmSize")]


def crowd(place, commands):
    """Processor time, and what many connections do to it."""
    routers = new_routers(ROUTERS)
    with place.agents(commands, routers) as agents:
        for what, messages in kinds(routers).items():
            yield f"agent's CPU for a notification: {what}", cost(agents, messages)
        yield f"{AT_ONCE} senders at once, non-blocking", [burst(agent, routers) for agent in agents]
        yield "ten malformed messages", [malformed(agent, router) for agent, router in zip(agents, routers)]
        yield f"a valid one behind {AT_ONCE} silent connections", [silence(agent, routers[5]) for agent in agents]


def kinds(routers):
    return {
        "unknown router": [message(router, "backup") for router in new_routers(ROUTERS)],
        "known router": [message(router, "backup") for router in routers],
        "malformed": [message(router, "backup").replace(b"\r\nX-Neutron-State", b"/x\r\nX-Neutron-State")
                      for router in routers],
    }


def cost(agents, messages):
    """The time for each, in rounds in turn, and what the second takes of the first's."""
    spent, workers = [0.0] * len(agents), [agent.worker() for agent in agents]
    each = len(messages) // 10
    for begin in itertools.chain.from_iterable(itertools.repeat(range(0, len(messages), each), REPEAT)):
        for index, agent in enumerate(agents):
            before = cpu(workers[index])
            for one in messages[begin:begin + each]:
                status(send(agent.socket, one))
            # What the agent does behind the answer.
            time.sleep(0.3)
            spent[index] += cpu(workers[index]) - before
    micros = [1e6 * seconds / len(messages) / REPEAT for seconds in spent]
    return [f"{one:.0f} µs" if not index else f"{one:.0f} µs ({one / micros[0]:.2f} times)"
            for index, one in enumerate(micros)]


def burst(agent, routers):
    """Non-blocking connects, all before the first answer is read."""
    clients, refused = [], 0
    for router in itertools.islice(itertools.cycle(routers), AT_ONCE):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(str(agent.socket))
            client.sendall(message(router, "backup"))
        except BlockingIOError:
            client.close()
            refused += 1
            continue
        client.settimeout(20)
        clients.append(client)
    answered = [status(client) for client in clients].count(200)
    return f"{answered} answered" + (f", {refused} refused by the kernel" if refused else "")


def malformed(agent, router):
    good = message(router, "backup")
    wrong = [
        good.replace(b"backup", b"Backup"), good.replace(b"backup", b"backup, primary"),
        good.replace(b"backup", b"unknown"), good.replace(b"backup", b"backups"),
        good.replace(b"Host: 127.0.0.1\r\n", b""), good.replace(b"POST", b"DELETE"),
        good.replace(b"POST /", b"POST /x"),
        good.replace(b"HTTP/1.1", b"http/1.1"), good.replace(b"Accept", b"Transfer-Encoding: x\r\nAccept"),
        good.replace(b"X-Neutron-State", b"X-Neutron-State: backup\r\nX-Neutron-State"),
    ]
    got = [status(send(agent.socket, each)) for each in wrong]
    words = {200: "answered 200", 500: "answered 500", 0: "closed without an answer", -1: "answered without a status"}
    counts = {}
    for each in got:
        word = words.get(each, "refused")
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))


def silence(agent, router):
    worker = agent.worker()
    before = memory(worker)
    silent = [patiently(agent.socket) for _ in range(AT_ONCE)]
    time.sleep(1)
    after = memory(worker)
    began = time.monotonic()
    client = send(agent.socket, message(router, "backup"))
    answered = select.select([client], [], [], 5)[0]
    took = f"answered after {1e3 * (time.monotonic() - began):.1f} ms" if answered else "no answer in 5 s"
    for each in [client, *silent]:
        each.close()
    # Threads that were idle may have ended meanwhile.
    threads, resident, virtual = (max(two - one, 0) for one, two in zip(before, after))
    return f"{took}; {threads} more threads, {resident / 1024:.1f} MB more, {virtual / 1024:.0f} MB more virtual"


def patiently(path):
    """A connection, however short the queue is."""
    while True:
        with contextlib.suppress(BlockingIOError):
            return send(path, b"")
        time.sleep(0.01)


def ends(place, commands):
    yield "SIGTERM with 50 whole messages waiting", [end(place, command) for command in commands]


def end(place, command):
    routers = new_routers(50)
    with place.agent(command, routers) as agent:
        worker = agent.worker()
        os.kill(worker, signal.SIGSTOP)
        clients = []
        for router in routers:
            with contextlib.suppress(BlockingIOError):
                client = socket.socket(socket.AF_UNIX)
                client.setblocking(False)
                client.connect(str(agent.socket))
                client.settimeout(20)
                client.sendall(message(router, "backup"))
                clients.append(client)
        agent.process.terminate()
        time.sleep(0.3)
        os.kill(worker, signal.SIGCONT)
        got = [status(client) for client in clients]
    taken, busy = got.count(200), got.count(503)
    turned = len(routers) - len(clients)
    unanswered = f"{got.count(0)} without an answer, {turned} refused by the kernel"
    return f"{taken} answered 200, {busy} answered 503, {unanswered}"


def restarts(place, commands):
    yield "SIGHUP, then 60 senders as soon as it listens", [restart(place, command) for command in commands]


def restart(place, command):
    routers = new_routers(60)
    with place.agent(command, routers, sync_seconds=1) as agent:
        worker = agent.worker()
        agent.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        with contextlib.suppress(AssertionError):
            wait_for("a new worker", lambda: agent.is_listening() and agent.worker() != worker, 5)
        told = [router for router in routers if agent.ask(router, "backup") == 200]
        with contextlib.suppress(AssertionError):
            wait_for("all of them", lambda: all(agent.ha_state(router) for router in told), 5)
        without = [router for router in told if not agent.ha_state(router)]
    return f"{len(told)} answered 200, {len(without)} of these without effect"


def seconds(place, commands):
    yield "a second agent at the same path", [second(place, command) for command in commands]


def second(place, command):
    (router,) = new_routers(1)
    with place.agent(command, [router]) as agent:
        first = agent.worker()
        other = subprocess.Popen(agent.command_line, env=agent.environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_for("its end, or its socket",
                     lambda: other.poll() is not None or (agent.is_listening() and agent.worker() != first), 30)
            ended = other.poll()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(other.pid, signal.SIGKILL)
            other.wait()
    return "takes it: the first hears nothing more" if ended is None else f"ends with status {ended}"


def audits(place, commands):
    if place.hanotify is not None:
        yield "the audit", [audit(place, command) for command in commands]


def audit(place, command):
    events, report = place.folder / "events", place.folder / "report"
    events.write_text("")
    with place.agent(command, [], events=str(events)) as agent:
        wait_for("its start", lambda: "L3 agent started" in agent.log())
        time.sleep(2)
        done = subprocess.run([place.hanotify, "audit", "--socket", agent.socket, "--events", events, "--failing-id",
                               FAILING, "--report", f"json={report}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode > 1:
            raise SystemExit(done.stderr.decode())
    found = [entry["outcome"] for entry in json.loads(report.read_text())["entries"]]
    return ", ".join(f"{found.count(outcome)} {outcome}" for outcome in OUTCOMES if outcome in found)


ALL = [crowd, ends, restarts, seconds, audits]
