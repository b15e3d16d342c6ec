"""Of two monitors of a router, one watches it."""

import contextlib
import fcntl
import os
import shutil
import signal
import time

from host import Failed, wait_for
from many import AS_IN_UNIT, give_to_agent, put, words_for_all
from promises import expect, is_told, scenario, wait_for_pid


def make_anew(folder):
    shutil.rmtree(folder)
    folder.mkdir()


@scenario("Of two monitors of a router whose folder was made anew, one ends before it tells again", True)
def folder_anew(host):
    agent = host.agent()
    first = host.run()
    wait_for("the first state", is_told(agent, "backup"))
    make_anew(host.conf)
    (host.folder / f"{host.id}.monitor.pid").unlink()
    second = host.start()
    wait_for("the second", lambda: agent.states() == ["backup", "backup"] or second.poll() is not None)
    host.add()
    # Whatever is mounted on this host wakes the first one up, and it may have locked the new folder before.
    is_first = second.poll() is not None
    expect("the status of the other one", (second if is_first else first).wait(5), 1)
    wait_for("primary", is_told(agent, "primary"))
    time.sleep(0.2)
    expect("the states", agent.states(), ["backup", "primary"] if is_first else ["backup", "backup", "primary"])
    if "another monitor watches this router" not in host.log():
        raise Failed("nothing is said of it")


@scenario("A folder that was made anew gets its file when it is locked again, which an event leads to", True)
def folder_filled_anew(host):
    agent = host.agent()
    host.run()
    make_anew(host.conf)
    host.add(interface="lo")
    wait_for("the file", lambda: host.state() == "backup")
    expect("the states", agent.states(), ["backup"])


@scenario("With --all, a router whose folder was made anew is locked again, or left to who was there first", True)
def folders_anew(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    router_id, conf = put(host, "a", 1, host.space)
    host.start_with(words_for_all(host))
    wait_for("the first state", lambda: agent.of.get(router_id) == ["backup"])
    make_anew(conf)
    wait_for("the lock", (conf / ".monitor.lock").exists)
    wait_for("the file", (conf / "state").exists)
    host.id, host.conf = router_id, conf
    expect("the status of another one", host.start().wait(10), 1)
    shutil.rmtree(conf)
    with contextlib.ExitStack() as held:
        conf.mkdir()
        lock = held.enter_context((conf / ".monitor.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        # One line is of the monitor that was refused above.
        wait_for("a line", lambda: host.log().count("another monitor watches this router") == 2)
        host.add()
        time.sleep(0.2)
        expect("the states", agent.of[router_id], ["backup"])
    wait_for("primary", lambda: agent.of[router_id] == ["backup", "primary"])


@scenario("With --all, a router whose lock or folder had another name for a while is kept or lost as ever", True)
def folder_renamed(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    router_id, conf = put(host, "a", 1, host.space)
    host.start_with(words_for_all(host))
    wait_for("the first state", lambda: agent.of.get(router_id) == ["backup"])
    host.id, host.conf = router_id, conf
    lock = conf / ".monitor.lock"
    lock.rename(conf / "old")
    wait_for("another lock", lock.exists)
    expect("the status of another monitor", host.start().wait(10), 1)
    conf.rename(host.folder / "away")
    (host.folder / "away").rename(conf)
    time.sleep(1.5)
    make_anew(conf)
    wait_for("the lock of the other folder", lock.exists)
    expect("the status of a third monitor", host.start().wait(10), 1)
    expect("the states", agent.of[router_id], ["backup"])


@scenario("With --all as the agent's user, the lock that a monitor of root's has left is no obstacle", True)
def lock_of_root(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    router_id, conf = put(host, "a", 1, host.space)
    give_to_agent(host, conf, host.folder / "routers")
    host.id, host.conf = router_id, conf
    host.run()
    wait_for("the first state", lambda: agent.of.get(router_id) == ["backup"])
    os.kill(wait_for_pid(host), signal.SIGTERM)
    host.start_with(words_for_all(host), prefix=AS_IN_UNIT)
    wait_for("the first state of the other", lambda: agent.of[router_id] == ["backup", "backup"])


@scenario("With --all, a router that another monitor watches is taken over when that one ends", True)
def taken_over(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    router_id, conf = put(host, "a", 1, host.space)
    host.id, host.conf = router_id, conf
    host.run()
    words = words_for_all(host)
    host.start_with(words)
    wait_for("a line", lambda: "another monitor watches this router" in host.log())
    wait_for("the first state", lambda: agent.states() == ["backup"])
    os.kill(wait_for_pid(host), signal.SIGTERM)
    wait_for("the first state of the other", lambda: agent.states() == ["backup", "backup"], 3)
