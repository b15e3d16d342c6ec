"""conntrackd, and what waits for it."""

import os
import time

from host import OK, Failed, wait_for
from promises import expect, is_told, scenario


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
