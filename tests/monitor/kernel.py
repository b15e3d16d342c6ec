"""What the kernel says: addresses, interfaces, namespaces, events that are lost."""

import os
import pathlib
import signal
import time

from host import Failed, ip, wait_for
from promises import expect, is_told, scenario, wait_for_pid


@scenario("An address that is there before it starts makes a primary")
def first_primary(host):
    agent = host.agent()
    host.add()
    host.start()
    wait_for("the first state", is_told(agent, "primary"))
    expect("the file", host.state(), "primary")


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
