"""The files, the log and the pipes of a monitor."""

import subprocess
import threading
import time

from host import OF_29, wait_for
from promises import expect, is_told, scenario


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
