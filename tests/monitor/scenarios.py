"""One scenario for each promise of a monitor: run with hanotify's and with Neutron's.

    scenarios.py --folder FOLDER [--only NAME] NAME=PROGRAM...
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from host import OF_29, OK, Failed, Host, ip, wait_for

SCENARIOS = []
AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def scenario(promise, only_hanotify=False):
    """A promise, as the table has it."""
    def keep(function):
        SCENARIOS.append((promise, only_hanotify, function))
        return function
    return keep


def expect(what, found, expected):
    if found != expected:
        raise Failed(f"{what}: expected {expected}, found {found}")


def is_told(agent, state):
    return lambda: agent.last() == state


@scenario("The first state is told within 100 ms, without any event")
def first_state(host):
    agent = host.agent()
    began = time.monotonic()
    host.start()
    wait_for("the first state", agent.told.__len__)
    expect("the state", agent.states(), ["backup"])
    after = agent.told[0][0] - began
    # A program that is built for tests, on a busy machine, starts slowly.
    if after > 0.5:
        raise Failed(f"told after {after:.1f} s")


@scenario("An address that is there before it starts makes a primary")
def first_primary(host):
    agent = host.agent()
    host.add()
    host.start()
    wait_for("the first state", is_told(agent, "primary"))
    expect("the file", host.state(), "primary")


@scenario("Each change is written before it is told, and told in order")
def changes(host):
    written = []
    agent = host.agent(reply=lambda number: (written.append(host.state()), OK)[1])
    host.run()
    for state in ["primary", "backup"] * 3:
        host.add() if state == "primary" else host.remove()
        wait_for(state, is_told(agent, state))
    expect("the states", agent.states()[-6:], ["primary", "backup"] * 3)
    wait_for("the last reply", lambda: len(written) == len(agent.told))
    expect("the file at each request", written, agent.states())


@scenario("The length of the prefix, the interface and the other end are compared")
def near_misses(host):
    agent = host.agent()
    host.run()
    host.add("169.254.0.7/32")
    host.add(interface="ha-1")
    host.batch("address add 169.254.0.7 peer 192.0.2.9/24 dev ha-0")
    time.sleep(0.5)
    if "primary" in agent.states() or host.state() != "backup":
        raise Failed(f"told {agent.states()}, file {host.state()}")


@scenario("An IPv6 address is one in any spelling")
def ipv6(host):
    host.cidr = "FD00:0:0:0::7/64"
    agent = host.agent()
    host.run()
    host.add("fd00::7/64 nodad")
    wait_for("primary", is_told(agent, "primary"))
    host.remove("fd00::7/64")
    wait_for("backup", is_told(agent, "backup"))


@scenario("An interface that is renamed takes its state along")
def rename(host):
    agent = host.agent()
    host.add()
    host.run()
    host.batch("link set ha-0 down", "link set ha-0 name ha-9")
    wait_for("backup", is_told(agent, "backup"))
    host.batch("link set ha-9 name ha-0")
    wait_for("primary", is_told(agent, "primary"))


@scenario("An interface that is deleted makes a backup, and another one of its name is followed")
def interface_anew(host):
    agent = host.agent()
    host.add()
    host.run()
    host.batch("link del ha-0")
    wait_for("backup", is_told(agent, "backup"))
    host.batch("link add ha-0 type veth peer name ha-1", f"address add {host.cidr} dev ha-0")
    wait_for("primary", is_told(agent, "primary"))


@scenario("A namespace that is deleted makes a backup, and one that is made anew is followed")
def namespace_anew(host):
    agent = host.agent()
    host.add()
    host.run()
    ip("netns", "del", host.space)
    wait_for("backup", is_told(agent, "backup"))
    host.make_space()
    host.add()
    wait_for("primary", is_told(agent, "primary"))


@scenario("A namespace that is not there yet is waited for")
def namespace_later(host):
    agent = host.agent()
    ip("netns", "del", host.space)
    host.start()
    wait_for("backup", is_told(agent, "backup"))
    host.make_space()
    host.add()
    wait_for("primary", is_told(agent, "primary"))


@scenario("An address that changes while it starts is told as it is in the end")
def while_it_starts(host):
    agent = host.agent()
    for round_ in range(4):
        host.start()
        host.batch(*[f"address {act} {host.cidr} dev ha-0" for act in ["add", "del"] * 40 + ["add"]])
        wait_for("primary", lambda: agent.last() == "primary" and host.state() == "primary")
        time.sleep(0.3)
        expect("the last state", (agent.last(), host.state()), ("primary", "primary"))
        wait_for("the process id", host.pid)
        pid = host.pid()
        os.kill(pid, signal.SIGTERM)
        wait_for("its end", lambda pid=pid: not pathlib.Path(f"/proc/{pid}/exe").exists(), 20)
        host.remove()
        agent.told.clear()


@scenario("A state that the agent refuses is told again")
def refused(host):
    agent = host.agent(reply=lambda number: OK if number % 3 == 0 else AWAY)
    host.run()
    wait_for("3 tries", lambda: len(agent.told) == 3)
    host.add()
    wait_for("6 tries", lambda: len(agent.told) == 6)
    expect("the states", agent.states(), ["backup"] * 3 + ["primary"] * 3)


@scenario("An agent that was away has the newest state within a second of its return")
def away(host):
    host.run()
    host.add()
    time.sleep(2.5)
    agent = host.agent()
    back = time.monotonic()
    wait_for("primary", is_told(agent, "primary"))
    if agent.told[-1][0] - back > 1.3:
        raise Failed(f"told after {agent.told[-1][0] - back:.1f} s")


@scenario("The malformed 200 of Neutron 29's agent counts, and is not answered with the state again")
def malformed(host):
    agent = host.agent(reply=lambda number: OF_29)
    host.run()
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    time.sleep(0.5)
    expect("the states", agent.states(), ["backup", "primary"])
    host.remove()
    wait_for("backup", is_told(agent, "backup"))


@scenario("An agent that hangs gets the newest state when it replies again, and the file does not wait for it")
def hanging(host):
    agent = host.agent(reply=lambda number: None if number == 2 else OK)
    host.run()
    if not agent.told:
        # 29's tells nothing before an address changes.
        host.add("192.0.2.1/32")
        wait_for("the first state", agent.told.__len__)
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    host.remove()
    if wait_for("the file", lambda: host.state() == "backup", 4) > 0.2:
        raise Failed("the file waited for the agent")
    wait_for("backup", is_told(agent, "backup"))


@scenario("One request at a time")
def one_at_a_time(host):
    agent = host.agent(reply=lambda number: (time.sleep(0.05), OK)[1])
    host.run()
    for act in ["add", "del"] * 20 + ["add"]:
        host.batch(f"address {act} {host.cidr} dev ha-0")
    wait_for("primary", lambda: agent.last() == "primary" and host.state() == "primary")
    gaps = [later - former for (former, _), (later, _) in zip(agent.told, agent.told[1:])]
    if min(gaps) < 0.05:
        raise Failed(f"a request {min(gaps) * 1000:.0f} ms after the one before it")


@scenario("A reader of the state file sees a whole word at every moment")
def whole_words(host):
    host.agent()
    host.run()
    seen, is_over = set(), threading.Event()

    def read():
        while not is_over.is_set():
            seen.add(host.state())

    reader = threading.Thread(target=read)
    reader.start()
    for act in ["add", "del"] * 60:
        host.batch(f"address {act} {host.cidr} dev ha-0")
    time.sleep(0.2)
    is_over.set()
    reader.join()
    expect("what was read", seen, {"primary", "backup"})


@scenario("A folder that vanishes is done without, and filled when it is back")
def folder_gone(host):
    agent = host.agent()
    host.run()
    subprocess.run(["rm", "-r", host.conf], check=True)
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    host.conf.mkdir()
    wait_for("the file", lambda: host.state() == "primary")


@scenario("A log that can't be written is done without")
def no_log(host):
    agent = host.agent()
    host.start(**{"log-file": host.folder / "nowhere" / "log"})
    wait_for("the first state", is_told(agent, "backup"))
    host.add()
    wait_for("primary", is_told(agent, "primary"))


@scenario("Pipes that nobody reads don't stop it")
def pipes(host):
    agent = host.agent(reply=lambda number: OF_29)
    host.run()
    for act in ["add", "del"] * 300 + ["add"]:
        host.batch(f"address {act} {host.cidr} dev ha-0")
        time.sleep(0.02 if not host.is_hanotify else 0)
    wait_for("primary", lambda: agent.last() == "primary" and host.state() == "primary", 20)


@scenario("Events that the kernel drops while it stands still are made up for")
def overrun(host):
    agent = host.agent()
    host.run()
    os.kill(wait_for_pid(host), signal.SIGSTOP)
    # More than its queue holds, of which the last is not among those that are dropped silently.
    host.batch(*[f"address {act} 192.0.2.1/32 dev lo" for act in ["add", "del"] * 15_000])
    host.add()
    os.kill(host.pid(), signal.SIGCONT)
    wait_for("primary", lambda: agent.last() == "primary" and host.state() == "primary", 10)
    if host.is_hanotify and "Events were lost" not in host.log():
        raise Failed("no event was lost: this shows nothing")


def wait_for_pid(host):
    wait_for("the process id", host.pid)
    return host.pid()


@scenario("SIGTERM ends it within 100 ms with status 0, also in the middle of a request, and its pid file is gone")
def sigterm(host):
    host.agent(reply=lambda number: None)
    process = host.run()
    pid = wait_for_pid(host)
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    if pid == process.pid:
        expect("the status", process.wait(10), 0)
    else:
        wait_for("the end", lambda: not pathlib.Path(f"/proc/{pid}/exe").exists(), 10)
    took = time.monotonic() - began
    if took > 0.1:
        raise Failed(f"ended after {took:.1f} s")
    expect("the pid file", host.pid(), None)


@scenario("A second monitor of a router is refused, and the first goes on")
def second(host):
    agent = host.agent()
    host.run()
    first = wait_for_pid(host)
    try:
        process = host.start()
        if process.wait(10) == 0:
            raise Failed("the second was let in")
    except subprocess.TimeoutExpired:
        raise Failed("the second runs too") from None
    except Failed as refused_:
        if not str(refused_).startswith("exit"):
            raise
    expect("the process id", host.pid(), first)
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    expect("the states", agent.states(), ["backup", "primary"])


@scenario("The next monitor of a router may start at once, and keeps its pid file")
def successor(host):
    agent = host.agent()
    host.run()
    os.kill(wait_for_pid(host), signal.SIGTERM)
    (host.folder / f"{host.id}.monitor.pid").unlink(missing_ok=True)
    agent.told.clear()
    process = host.start()
    wait_for("the first state", agent.told.__len__)
    time.sleep(0.3 if host.is_hanotify else 2)
    pid = wait_for_pid(host)
    if process.poll() is None:
        expect("the process id", pid, process.pid)
    host.add()
    wait_for("primary", is_told(agent, "primary"))


@scenario("With the options of Neutron 24 it returns, and goes on in the background")
def background(host):
    if not host.is_hanotify and not host.is_24:
        raise Failed("it has no such form")
    agent = host.agent()
    process = host.start(joined=True)
    pid = wait_for_pid(host)
    if pid == process.pid or os.getsid(pid) == os.getsid(0):
        raise Failed("it is not in the background")
    wait_for("the first state", is_told(agent, "backup"))
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    if host.is_hanotify:
        for line in "Initial status of router {} is backup", "Wrote router {} state primary", \
                "Notified agent router {}, state primary":
            wait_for(f"the line {line}", lambda line=line: line.format(host.id) in host.log())


@scenario("The agent finds it by the router's id in its command line")
def command_line(host):
    host.agent()
    host.run()
    pid = wait_for_pid(host)
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
    if f"{host.id}.monitor" not in words:
        raise Failed(words)


CONNTRACKD = """#!/bin/sh
{sleep}
echo "$3 $(readlink /proc/self/ns/net)" >>{log}
"""


def conntrackd(host, sleep=""):
    """A conntrackd that writes down its option and its namespace."""
    tools, log = host.folder / "tools", host.folder / "calls"
    tools.mkdir()
    (tools / "conntrackd").write_text(CONNTRACKD.format(log=log, sleep=sleep))
    (tools / "conntrackd").chmod(0o755)
    return log, {"PATH": f"{tools}:{os.environ['PATH']}"}


@scenario("conntrackd is called once for each state, in order, in the namespace, before the agent is told")
def conntrackd_calls(host):
    log, env = conntrackd(host)
    at_request = []
    agent = host.agent(reply=lambda number: (at_request.append(len(log.read_text().split("\n")) - 1), OK)[1])
    host.run("--enable_conntrackd", env=env)
    wait_for("the first state", is_told(agent, "backup"))
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    lines = [line.split() for line in log.read_text().splitlines()]
    expect("the options", [option for option, _ in lines], ["-t", "-n", "-c", "-f", "-R", "-B"])
    space = os.stat(f"/run/netns/{host.space}").st_ino
    expect("the namespaces", {space for _, space in lines}, {f"net:[{space}]"})
    expect("the calls before each request", at_request, [2, 6])


@scenario("A conntrackd that hangs delays the file not at all, and the agent by a second at most")
def conntrackd_hangs(host):
    log, env = conntrackd(host, sleep="sleep 30")
    agent = host.agent()
    host.add()
    began = time.monotonic()
    host.start("--enable_conntrackd", env=env)
    if wait_for("the file", lambda: host.state() == "primary") > 0.5:
        raise Failed("the file waited")
    wait_for("primary", is_told(agent, "primary"))
    if time.monotonic() - began > 2:
        raise Failed("the agent was told too late")


@scenario("After a storm, the kernel, the file and the agent agree")
def storm(host):
    agent = host.agent(reply=lambda number: OK if number % 5 else AWAY)
    host.run()
    for round_ in range(3):
        acts = [f"address {act} {host.cidr} dev ha-0" for act in ["add", "del"] * 300]
        host.batch(*acts, *([acts[0]] if round_ % 2 == 0 else []))
        state = "primary" if round_ % 2 == 0 else "backup"
        wait_for(f"{state} in round {round_}", lambda state=state: (agent.last(), host.state()) == (state, state))
        time.sleep(1.2)
        expect("the end of the round", (agent.last(), host.state()), (state, state))
        if state == "primary":
            host.remove()


@scenario("It wakes up never while nothing happens")
def idle(host):
    agent = host.agent()
    host.run()
    wait_for("the first state", is_told(agent, "backup"))
    time.sleep(0.3)

    def switches():
        status = pathlib.Path(f"/proc/{host.pid()}/status").read_text()
        return [line for line in status.splitlines() if line.startswith("voluntary")]

    before = switches()
    time.sleep(1.5)
    expect("the switches", switches(), before)


@scenario("It goes on as the agent's user, with two capabilities left, and the state file is that user's", True)
def privileges(host):
    agent = host.agent()
    os.chown(host.conf, 65_534, 65_534)
    os.chmod(host.folder, 0o777)
    os.chmod(host.agents[0].path, 0o777)
    host.start(user=65_534, group="nogroup")
    wait_for("the first state", is_told(agent, "backup"))
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{host.pid()}/status").read_text().splitlines())
    expect("the user", status["Uid"].split(), ["65534"] * 4)
    expect("the groups", (status["Gid"].split(), status["Groups"].split()), (["65534"] * 4, []))
    expect("the capabilities", (status["CapPrm"], status["CapEff"]), ("0000000000201000",) * 2)
    expect("the owner", (host.conf / "state").stat().st_uid, 65_534)
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    # It can still enter a namespace that is made anew.
    ip("netns", "del", host.space)
    wait_for("backup", is_told(agent, "backup"))
    host.make_space()
    host.add()
    wait_for("primary", is_told(agent, "primary"))


@scenario("Bad options end with status 2 and the option's name", True)
def bad_options(host):
    for name, value in [("router_id", "x"), ("namespace", "a/b"), ("conf_dir", "/nowhere"), ("monitor_cidr", "1.2.3.4"),
                        ("monitor_interface", "a b"), ("user", "no such user"), ("state_path", "/" + "x" * 90),
                        ("pid_file", None), ("nonsense", "1")]:
        words = [*host.command(), *host.options(False, **{name: value})]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=10)
        if done.returncode != 2 or f"--{name}" not in done.stderr:
            raise Failed(f"--{name} {value}: status {done.returncode}: {done.stderr}")


def put(host, name, number, space, **other):
    """Puts the file of a router into the folder, as a whole; the folder of its files is there too."""
    conf = host.folder / f"conf-{number}"
    conf.mkdir(exist_ok=True)
    router_id = f"00000000-0000-4000-8000-{number:012}"
    spec = {"router_id": router_id, "namespace": space, "interface": "ha-0", "cidr": host.cidr, "conf_dir": str(conf)}
    beside = host.folder / "routers" / f".{name}"
    beside.write_text(json.dumps({**spec, **other}))
    beside.rename(host.folder / "routers" / f"{name}.json")
    return router_id, conf


@scenario("With --all it watches the routers of a folder, whose files come and go; a bad file harms nobody", True)
def all_of_a_folder(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    first, conf = put(host, "a", 1, host.space)
    bad, _ = put(host, "b", 2, host.space, cidr="1.2.3.4")
    words = ["--all", host.folder / "routers", "--state_path", host.folder, "--log-file", host.folder / "log"]
    process = host.start_with(words)
    wait_for("the first router", lambda: agent.of.get(first) == ["backup"])
    wait_for("a line about the bad file", lambda: "b.json: not an address" in host.log())
    space = f"{host.space}-other"
    host.make_space(space)
    second, other = put(host, "c", 3, space)
    wait_for("the second router", lambda: agent.of.get(second) == ["backup"])
    ip("-n", space, "address", "add", host.cidr, "dev", "ha-0")
    wait_for("its primary", lambda: agent.of[second] == ["backup", "primary"])
    expect("the files", [(conf / "state").read_text(), (other / "state").read_text()], ["backup", "primary"])
    put(host, "b", 2, space)
    wait_for("the file that is good now", lambda: agent.of.get(bad) == ["primary"])
    (host.folder / "routers" / "c.json").unlink()
    time.sleep(0.2)
    ip("-n", space, "address", "del", host.cidr, "dev", "ha-0")
    wait_for("the backup of the one that stays", lambda: agent.of[bad] == ["primary", "backup"])
    expect("the one that was removed", agent.of[second], ["backup", "primary"])
    expect("the status of a second monitor of the folder", host.start_with(words).wait(10), 1)
    os.kill(process.pid, signal.SIGTERM)
    expect("the status", process.wait(5), 0)


@scenario("With the rights of its unit it watches all, also a namespace that is made anew", True)
def rights_of_the_unit(host):
    agent = host.agent()
    os.chmod(agent.path, 0o777)
    os.chmod(host.folder, 0o777)
    (host.folder / "routers").mkdir()
    _, conf = put(host, "a", 1, host.space)
    os.chown(conf, 65_534, 65_534)
    os.chmod(host.folder / "routers", 0o777)
    rights = "-all,+sys_admin,+net_admin"
    as_in_unit = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
                  f"--bounding-set={rights}", f"--inh-caps={rights}", f"--ambient-caps={rights}"]
    words = ["--all", host.folder / "routers", "--state_path", host.folder, "--log-file", host.folder / "log"]
    process = subprocess.Popen([*as_in_unit, *host.command(), *words])
    try:
        wait_for("the first state", is_told(agent, "backup"))
        ip("netns", "del", host.space)
        host.make_space()
        host.add()
        wait_for("primary", is_told(agent, "primary"))
        expect("the file", (conf / "state").read_text(), "primary")
    finally:
        process.terminate()
        process.wait()


@scenario("With --all, a router that another monitor watches is taken over when that one ends", True)
def taken_over(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    router_id, conf = put(host, "a", 1, host.space)
    host.id, host.conf = router_id, conf
    host.run()
    words = ["--all", host.folder / "routers", "--state_path", host.folder, "--log-file", host.folder / "log"]
    host.start_with(words)
    wait_for("a line", lambda: "another monitor watches this router" in host.log())
    wait_for("the first state", lambda: agent.states() == ["backup"])
    os.kill(wait_for_pid(host), signal.SIGTERM)
    wait_for("the first state of the other", lambda: agent.states() == ["backup", "backup"], 3)


def play(function, folder, name, program):
    """None where the monitor does what the scenario is about, or why not."""
    host = Host(folder, name, program)
    try:
        function(host)
    except Failed as failed:
        return f"{failed}" + (f"\n{host.log()[-2000:]}" if host.is_hanotify else "")
    finally:
        host.close()
    return None


def main():
    # What was made is removed then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("monitors", nargs="+")
    args = parser.parse_args()
    monitors = [monitor.split("=", 1) for monitor in args.monitors]
    rows, faults = [], []
    for promise, only_hanotify, function in SCENARIOS:
        if args.only not in function.__name__:
            continue
        row = []
        for name, program in monitors:
            if only_hanotify and name != "hanotify":
                row.append("–")
                continue
            why = play(function, args.folder, name, program)
            row.append("no" if why else "yes")
            print(f"{'FAILED' if why else 'ok'}: {name}: {function.__name__}{f': {why}' if why else ''}", flush=True)
            if why and name == "hanotify":
                faults.append(function.__name__)
        rows.append((promise, row, only_hanotify))
    if len(monitors) > 1:
        print(f"\n| | {' | '.join(name for name, _ in monitors)} |\n|---{'|---' * len(monitors)}|")
        # What only hanotify has a form for compares nothing.
        for promise, row, _ in (row for row in rows if not row[2]):
            print(f"| {promise} | {' | '.join(row)} |")
    print(f"{len(rows) - len(faults)} passed, {len(faults)} failed")
    sys.exit(bool(faults) or not rows)


if __name__ == "__main__":
    main()
