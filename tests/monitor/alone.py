"""That one router's trouble is none of another's."""

import itertools
import os
import shutil
import threading

from host import Failed, ip, wait_for
from many import put, words_for_all
from promises import expect, scenario

# Of the first router it hangs, and says so.
CONNTRACKD = """#!/bin/sh
case $2 in */conf-1/*) echo $$ >>{log}; exec sleep 60;; esac
"""


def storm(space, cidr, over):
    """Changes the address without an end."""
    lines = "\n".join(f"address {act} {cidr} dev ha-0" for act in ["add", "del"] * 2_000)
    while not over.is_set():
        ip("-n", space, lines=lines)


@scenario("With --all, a hanging conntrackd, a folder that is gone and a storm of events delay no other router", True)
def alone(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    tools, hung = host.folder / "tools", host.folder / "hung"
    tools.mkdir()
    (tools / "conntrackd").write_text(CONNTRACKD.format(log=hung))
    (tools / "conntrackd").chmod(0o755)
    spaces = [f"{host.space}-{name}" for name in ("hangs", "gone", "storm", "well")]
    routers = []
    for number, space in enumerate(spaces, 1):
        host.make_space(space)
        routers.append(put(host, str(number), number, space))
    well, conf = routers[3]
    host.start_with([*words_for_all(host), "--enable_conntrackd"], env={"PATH": f"{tools}:{os.environ['PATH']}"})
    wait_for("all", lambda: len(agent.of) == 4)
    shutil.rmtree(routers[1][1])
    over = threading.Event()
    storming = threading.Thread(target=storm, args=(spaces[2], host.cidr, over))
    storming.start()
    try:
        for space in spaces[:2]:
            ip("-n", space, "address", "add", host.cidr, "dev", "ha-0")
        wait_for("the one that hangs", lambda: hung.exists() and len(hung.read_text().split()) >= 1)
        states = ["backup"]
        for act, state in itertools.islice(itertools.cycle([("add", "primary"), ("del", "backup")]), 10):
            ip("-n", spaces[3], "address", act, host.cidr, "dev", "ha-0")
            states.append(state)
            wait_for(state, lambda: agent.of[well] == states)
            expect("the file", (conf / "state").read_text(), state)
        last = hung.read_text().split()[-1]
        expect("whether conntrackd hangs", os.path.exists(f"/proc/{last}"), True)
        if "Can't write" not in host.log():
            raise Failed("the folder is there")
    finally:
        over.set()
        storming.join()
