"""What is to be seen of a monitor: its counters, and what it lists."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

from host import OK, Failed, ip, wait_for
from many import AS_IN_UNIT, give_to_agent, put, words_for_all
from promises import AWAY, expect, scenario


def list_(host, *words, user=None, folder=None):
    command = [host.program, "monitor", "--list", "--state_path", folder or host.folder, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=10, user=user)


def routers_in(done):
    return {router["router_id"]: router for router in json.loads(done.stdout)["routers"]}


def scrape(host):
    address = host.log().split("metrics at ")[1].split()[0]
    with urllib.request.urlopen(address, timeout=5) as reply:
        return reply.read().decode().splitlines()


@scenario("With --status it lists each router: its state, whether that is told, tries in vain, trouble", True)
def listed(host):
    taken = {"yes": True}
    agent = host.agent(reply=lambda number: OK if taken["yes"] else AWAY)
    (host.folder / "routers").mkdir()
    first, conf = put(host, "a", 1, host.space)
    second, _ = put(host, "b", 2, "hanotify-no-such-namespace")
    process = host.start_with([*words_for_all(host), "--status", "--metrics", "0"])
    wait_for("both", lambda: len(agent.of) == 2)
    wait_for("both told", lambda: all(router["told"] for router in routers_in(list_(host)).values()))
    done = list_(host)
    expect("the status", done.returncode, 0)
    found = {name: (router["state"], router["retries"]) for name, router in routers_in(done).items()}
    expect("the routers", found, {first: ("backup", 0), second: ("backup", 0)})
    taken["yes"] = False
    shutil.rmtree(conf)
    host.add()
    wait_for("trouble", lambda: routers_in(list_(host))[first]["troubles"] == ["agent", "file"])
    wait_for("tries in vain", lambda: routers_in(list_(host))[first]["retries"] >= 2)
    text = list_(host, "--format", "text")
    expect("the status with trouble", (text.returncode, "agent, file" in text.stdout), (1, True))
    lines = scrape(host)
    for line in f'hanotify_monitor_router_state{{router_id="{first}",state="primary"}} 1', \
            'hanotify_monitor_routers{state="primary"} 1', 'hanotify_monitor_routers{state="backup"} 1', \
            'hanotify_monitor_troubled_routers{trouble="file"} 1', "hanotify_monitor_untold_routers 1", \
            "hanotify_monitor_deliveries_total 2", "hanotify_monitor_changes_total 1", \
            'hanotify_monitor_file_errors_total{file="state"} 1', "hanotify_monitor_lag_seconds_count 2":
        if line not in lines:
            raise Failed(f"no {line} in {lines}")
    taken["yes"] = True
    conf.mkdir()
    wait_for("no trouble", lambda: list_(host).returncode == 0)
    (host.folder / "routers" / "b.json").unlink()
    wait_for("one router", lambda: list(routers_in(list_(host))) == [first])
    if any(second in line for line in scrape(host)):
        raise Failed("a router that is watched no more has a series")
    process.terminate()
    expect("the status of the monitor", process.wait(5), 0)
    expect("the socket", (host.folder / "keepalived-state-change.monitor").exists(), False)
    expect("the status without a monitor", list_(host).returncode, 2)


@scenario("A name without a namespace is trouble if it stays, and none any more when it is gone", True)
def nameless(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    name = f"{host.space}-nameless"
    place = pathlib.Path("/run/netns", name)
    host.spaces.add(name)
    router_id, _ = put(host, "a", 1, name)
    host.start_with([*words_for_all(host), "--status"])
    wait_for("the first state", lambda: agent.of.get(router_id) == ["backup"])
    # As `ip netns` leaves it for a moment, while it makes a namespace or removes one.
    for _ in range(5):
        ip("netns", "add", name)
        time.sleep(0.05)
        ip("netns", "del", name)
    place.touch()
    time.sleep(0.3)
    expect("the status while that may pass", list_(host).returncode, 0)
    if "Can't watch the namespace" in host.log():
        raise Failed("a name that is there for a moment is trouble")
    ip("netns", "add", f"{name}-2")
    host.spaces.add(f"{name}-2")
    wait_for("trouble", lambda: routers_in(list_(host))[router_id]["troubles"] == ["namespace"])
    place.unlink()
    wait_for("no trouble", lambda: list_(host).returncode == 0)


@scenario("Its socket is for root and its own user; who answers in its place is not believed", True)
def not_for_all(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    router_id, conf = put(host, "a", 1, host.space)
    give_to_agent(host, host.folder, conf, host.folder / "routers")
    os.chmod(host.folder, 0o755)
    host.start_with([*words_for_all(host), "--status"], prefix=AS_IN_UNIT)
    wait_for("the first state", lambda: agent.of.get(router_id) == ["backup"])
    path = host.folder / "keepalived-state-change.monitor"
    os.chmod(path, 0o777)
    for user, status in (None, 0), (65_534, 0), (65_533, 2):
        done = list_(host, user=user)
        expect(f"the status for {user}", (done.returncode, "lets only root" in done.stderr), (status, status == 2))
    other = host.folder / "other"
    other.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(other / path.name))
        listener.listen()
        with subprocess.Popen([host.program, "monitor", "--list", "--state_path", other], stderr=subprocess.PIPE,
                              text=True) as asking:
            connection = listener.accept()[0]
            connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"version":1,"routers":[{"router_id":"\x1b]0;x\x07"}]}')
            connection.close()
            said = asking.stderr.read()
            expect("the status of one that lies", (asking.wait(10), "\x1b" in said), (2, False))
        with subprocess.Popen([host.program, "monitor", "--list", "--state_path", other, "--format", "json"],
                              stdout=subprocess.PIPE, text=True) as asking:
            connection = listener.accept()[0]
            body = '{"version":1,"at":"2026-11-29T18:00:00Z","hanotify":"0.1\u009b31m\u202e","routers":[]}'
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + body.encode())
            connection.close()
            said = asking.stdout.read()
            expect("a list that would steer the terminal", (asking.wait(10), said.isascii(), '"0.1' in said),
                   (0, True, True))
