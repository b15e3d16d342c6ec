"""All routers in one process."""

import json
import os
import pathlib
import shutil
import signal
import socket
import time
import uuid

from host import Failed, ip, wait_for
from promises import expect, is_told, scenario


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


RIGHTS = "-all,+sys_admin,+net_admin"
# As in contrib/hanotify-monitor.service.
AS_IN_UNIT = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
              f"--bounding-set={RIGHTS}", f"--inh-caps={RIGHTS}", f"--ambient-caps={RIGHTS}"]


def words_for_all(host):
    return ["--all", host.folder / "routers", "--state_path", host.folder, "--log-file", host.folder / "log"]


def give_to_agent(host, *paths):
    """The agent's user has all that it needs."""
    os.chmod(host.agents[0].path, 0o777)
    os.chmod(host.folder, 0o777)
    for path in paths:
        os.chown(path, 65_534, 65_534)


@scenario("With --all it watches the routers of a folder, whose files come and go; a bad file harms nobody", True)
def all_of_a_folder(host):
    agent = host.agent()
    (host.folder / "routers").mkdir()
    first, conf = put(host, "a", 1, host.space)
    bad, _ = put(host, "b", 2, host.space, cidr="1.2.3.4")
    words = words_for_all(host)
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
    (host.folder / "routers").mkdir()
    _, conf = put(host, "a", 1, host.space)
    give_to_agent(host, conf, host.folder / "routers")
    host.start_with(words_for_all(host), prefix=AS_IN_UNIT)
    wait_for("the first state", is_told(agent, "backup"))
    ip("netns", "del", host.space)
    host.make_space()
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    expect("the file", (conf / "state").read_text(), "primary")


CONFIG = """vrrp_instance VR_7 {{
    state BACKUP
    interface {interface}
    virtual_ipaddress {{
        {cidr} dev {interface}
    }}
}}
"""


def configure(host, router_id, interface="ha-0"):
    """Writes a router's configuration as Neutron's agent does."""
    beside = host.folder / "ha_confs" / router_id / "tmp"
    beside.write_text(CONFIG.format(cidr=host.cidr, interface=interface))
    beside.rename(beside.with_name("keepalived.conf"))


@scenario("With --ha-confs it watches what Neutron's agent keeps, as routers come and go; a file comes first", True)
def found(host):
    agent = host.agent()
    ha_confs, routers = host.folder / "ha_confs", host.folder / "routers"
    ha_confs.mkdir()
    routers.mkdir()
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    for router_id in first, second:
        host.make_space(f"qrouter-{router_id}")
    (ha_confs / first).mkdir()
    configure(host, first)
    words = words_for_all(host)
    host.start_with([words[0], *words[2:], "--ha-confs", ha_confs])
    wait_for("the one that was there", lambda: agent.of.get(first) == ["backup"])
    (ha_confs / second).mkdir()
    time.sleep(0.2)
    configure(host, second)
    wait_for("the one that came", lambda: agent.of.get(second) == ["backup"])
    ip("-n", f"qrouter-{second}", "address", "add", host.cidr, "dev", "ha-1")
    configure(host, second, "ha-1")
    wait_for("the other interface", lambda: agent.of[second] == ["backup", "primary"])
    expect("the file", (ha_confs / second / "state").read_text(), "primary")
    shutil.rmtree(ha_confs / second)
    time.sleep(0.2)
    ip("-n", f"qrouter-{second}", "address", "del", host.cidr, "dev", "ha-1")
    ip("-n", f"qrouter-{first}", "address", "add", host.cidr, "dev", "ha-0")
    wait_for("the one that stays", lambda: agent.of[first] == ["backup", "primary"])
    expect("the one that is gone", agent.of[second], ["backup", "primary"])
    (ha_confs / second).mkdir()
    configure(host, second)
    wait_for("the one that is back", lambda: agent.of[second] == ["backup", "primary", "backup"])
    (ha_confs / first / "keepalived.conf").write_text("vrrp_instance VR_7 {\n}\n")
    wait_for("a line", lambda: "keepalived.conf: there is no vrrp_instance with an interface" in host.log())


@scenario("With --ha-confs, a distributed router is watched where its gateway is, as soon as that is there", True)
def found_with_a_gateway(host):
    agent = host.agent()
    ha_confs, router_id = host.folder / "ha_confs", str(uuid.uuid4())
    (ha_confs / router_id).mkdir(parents=True)
    configure(host, router_id)
    host.make_space(f"qrouter-{router_id}")
    words = words_for_all(host)
    host.start_with([words[0], *words[2:], "--ha-confs", ha_confs])
    wait_for("the router without a gateway", lambda: agent.of.get(router_id) == ["backup"])
    gateway = f"snat-{router_id}"
    host.make_space(gateway)
    ip("-n", gateway, "address", "add", host.cidr, "dev", "ha-0")
    wait_for("its primary", lambda: agent.of[router_id][-1] == "primary")
    ip("netns", "del", gateway)
    wait_for("its backup", lambda: agent.of[router_id][-1] == "backup")
    ip("-n", f"qrouter-{router_id}", "address", "add", host.cidr, "dev", "ha-0")
    wait_for("its primary without a gateway", lambda: agent.of[router_id][-1] == "primary")


@scenario("With --ha-confs, a folder that can't be read or is a link keeps no other router waiting, and is said once",
          True)
def found_among_bad_folders(host):
    agent = host.agent()
    ha_confs = host.folder / "ha_confs"
    ha_confs.mkdir()
    good, link, hidden = (str(uuid.uuid4()) for _ in range(3))
    (ha_confs / link).symlink_to(link)
    (ha_confs / hidden).mkdir(0o700)
    configure(host, hidden)
    give_to_agent(host, ha_confs)
    words = words_for_all(host)
    host.start_with([words[0], *words[2:], "--ha-confs", ha_confs], prefix=AS_IN_UNIT)
    wait_for("a line about the one", lambda: f"{hidden}/keepalived.conf, and try again: Permission" in host.log())
    wait_for("a line about the other", lambda: f"{link}/keepalived.conf: its folder is a link" in host.log())
    for router_id in good, hidden:
        host.make_space(f"qrouter-{router_id}")
    (ha_confs / good).mkdir()
    os.chown(ha_confs / good, 65_534, 65_534)
    configure(host, good)
    wait_for("the good one", lambda: agent.of.get(good) == ["backup"])
    time.sleep(1.5)
    expect("the lines", [host.log().count("ERROR"), host.log().count("WARNING")], [2, 0])
    os.chown(ha_confs / hidden, 65_534, 65_534)
    wait_for("the one that can be read now", lambda: agent.of.get(hidden) == ["backup"])


@scenario("A router that has a file and a folder of Neutron's is watched once, as its file says", True)
def in_both(host):
    agent = host.agent()
    ha_confs, routers = host.folder / "ha_confs", host.folder / "routers"
    routers.mkdir()
    router_id = str(uuid.uuid4())
    (ha_confs / router_id).mkdir(parents=True)
    configure(host, router_id)
    host.make_space(f"qrouter-{router_id}")
    host.start_with([*words_for_all(host), "--ha-confs", ha_confs])
    wait_for("Neutron's", lambda: agent.of.get(router_id) == ["backup"])
    host.add()
    put(host, "a", 1, host.space, router_id=router_id, conf_dir=str(ha_confs / router_id))
    wait_for("that of the file", lambda: agent.of[router_id] == ["backup", "primary"])
    ip("-n", f"qrouter-{router_id}", "address", "add", host.cidr, "dev", "ha-0")
    time.sleep(0.2)
    (routers / "a.json").unlink()
    wait_for("Neutron's again", lambda: agent.of[router_id] == ["backup", "primary", "primary"])
    ip("-n", f"qrouter-{router_id}", "address", "del", host.cidr, "dev", "ha-0")
    wait_for("its backup", lambda: agent.of[router_id] == ["backup", "primary", "primary", "backup"])
    expect("the lines of trouble", [line for line in host.log().splitlines() if "another" in line], [])


@scenario("With --all, what can't be read now is read when it can be, and is said once", True)
def mended(host):
    agent = host.agent()
    routers = host.folder / "routers"
    routers.mkdir()
    first, conf = put(host, "a", 1, host.space)
    give_to_agent(host, conf, routers)
    (routers / "a.json").chmod(0)
    host.start_with(words_for_all(host), prefix=AS_IN_UNIT)
    wait_for("a line about the file", lambda: "a.json, and try again: Permission denied" in host.log())
    (routers / "a.json").chmod(0o644)
    wait_for("the router of the file", lambda: agent.of.get(first) == ["backup"])
    routers.chmod(0)
    second, conf = put(host, "b", 2, host.space)
    os.chown(conf, 65_534, 65_534)
    wait_for("a line about the folder", lambda: "routers, and try again: Permission denied" in host.log())
    time.sleep(1.5)
    routers.chmod(0o755)
    wait_for("the router of the folder", lambda: agent.of.get(second) == ["backup"])
    wait_for("another line", lambda: "all folders can be read again" in host.log())
    expect("the lines", host.log().count("try again"), 2)
    host.add()
    wait_for("both", lambda: agent.of == {first: ["backup", "primary"], second: ["backup", "primary"]})


@scenario("A service manager is told what it does: ready, how many routers, alive, reloading, stopping", True)
def service_manager(host):
    agent = host.agent()
    routers = host.folder / "routers"
    routers.mkdir()
    put(host, "a", 1, host.space)
    (routers / "b.json").write_text("{}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(host.folder / "manager"))
        manager.settimeout(5)
        env = {"NOTIFY_SOCKET": str(host.folder / "manager"), "WATCHDOG_USEC": "600000"}
        process = host.start_with(words_for_all(host), env=env)

        def expect_soon(what):
            while what not in (said := manager.recv(4096).decode()):
                if said != "WATCHDOG=1":
                    raise Failed(f"{said!r} comes before {what!r}")
            return said

        for what in "READY=1", "STATUS=watches 1 routers", "WATCHDOG=1":
            expect_soon(what)
        put(host, "c", 3, host.space)
        expect_soon("STATUS=watches 2 routers")
        wait_for("a line about the bad file", lambda: host.log().count("b.json") == 1)
        process.send_signal(signal.SIGHUP)
        if "MONOTONIC_USEC=" not in expect_soon("RELOADING=1"):
            raise Failed("no time")
        expect_soon("READY=1")
        wait_for("another line about the bad file", lambda: host.log().count("b.json") == 2)
        wait_for("both routers", lambda: len(agent.of) == 2)
        expect("what the reload tells", agent.states(), ["backup", "backup"])
        process.terminate()
        expect_soon("STOPPING=1")


@scenario("With --all, two thousand files that make no sense take less than 2 MiB, and harm no router", True)
def senseless_files(host):
    agent = host.agent()
    routers = host.folder / "routers"
    routers.mkdir()
    router_id, _ = put(host, "a", 1, host.space)
    process = host.start_with(words_for_all(host))
    wait_for("the router", lambda: agent.of.get(router_id) == ["backup"])

    def resident():
        lines = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))

    before = resident()
    for number in range(2_000):
        (routers / f"bad{number}.json").write_text(json.dumps({"x" * 4_000: number}))
    wait_for("a line for each", lambda: host.log().count("unknown field") >= 2_000, 30)
    took = resident() - before
    if took > 2 << 10:
        raise Failed(f"{took} KiB")
    host.add()
    wait_for("primary", lambda: agent.of[router_id] == ["backup", "primary"])
